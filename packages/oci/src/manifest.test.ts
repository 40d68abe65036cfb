import { describe, expect, test } from 'vitest';
import type { Descriptor } from './descriptor.ts';
import { parseDigest } from './digest.ts';
import { effectiveArtifactType, type ImageManifest, referencesOf } from './manifest.ts';
import { MEDIA_TYPES } from './media-types.ts';

const A = parseDigest(`sha256:${'a'.repeat(64)}`);
const B = parseDigest(`sha256:${'b'.repeat(64)}`);
const CONFIG: Descriptor = { mediaType: MEDIA_TYPES.ociConfig, digest: A, size: 1 };
const LAYER: Descriptor = { mediaType: MEDIA_TYPES.ociLayer, digest: B, size: 2 };
const FOREIGN: Descriptor = { ...LAYER, mediaType: MEDIA_TYPES.dockerForeignLayerGzip, urls: ['https://a/b'] };
const IMAGE: ImageManifest = { kind: 'image', mediaType: MEDIA_TYPES.ociManifest, config: CONFIG, layers: [LAYER] };

describe('effectiveArtifactType()', () => {
  test('is the own one, else the media type of the config', () => {
    expect(effectiveArtifactType({ ...IMAGE, artifactType: 'x/y' })).toBe('x/y');
    expect(effectiveArtifactType({ ...IMAGE, artifactType: '' })).toBe(MEDIA_TYPES.ociConfig);
    expect(effectiveArtifactType(IMAGE)).toBe(MEDIA_TYPES.ociConfig);
  });

  test('is undefined for an index or artifact without one', () => {
    expect(effectiveArtifactType({ kind: 'index', mediaType: MEDIA_TYPES.ociIndex, manifests: [] })).toBeUndefined();
    expect(effectiveArtifactType({ kind: 'artifact', mediaType: MEDIA_TYPES.ociArtifactManifest, blobs: [] })).toBeUndefined();
  });
});

describe('referencesOf()', () => {
  test('lists config and layers once each, and no subject', () => {
    expect(
      referencesOf({ ...IMAGE, layers: [LAYER, LAYER], subject: { ...LAYER, digest: parseDigest(`sha256:${'c'.repeat(64)}`) } }),
    ).toEqual([
      { digest: A, sizeBytes: 1, mediaType: MEDIA_TYPES.ociConfig, kind: 'blob', optional: false },
      { digest: B, sizeBytes: 2, mediaType: MEDIA_TYPES.ociLayer, kind: 'blob', optional: false },
    ]);
  });

  test('needs no foreign layer that says where else it is', () => {
    const optional = (layers: Descriptor[]) => referencesOf({ ...IMAGE, layers }).map((reference) => reference.optional);
    const { urls: _, ...without } = FOREIGN;
    expect(optional([FOREIGN])).toEqual([false, true]);
    expect(optional([without])).toEqual([false, false]);
    expect(optional([FOREIGN, LAYER])).toEqual([false, false]);
    expect(optional([LAYER, FOREIGN])).toEqual([false, false]);
  });

  test('takes children of an index for manifests or blobs', () => {
    const [child] = referencesOf({ kind: 'index', mediaType: MEDIA_TYPES.ociIndex, manifests: [LAYER] });
    expect(child).toEqual({ digest: B, sizeBytes: 2, mediaType: MEDIA_TYPES.ociLayer, kind: 'manifest-or-blob', optional: false });
  });

  test('lists the blobs of an artifact', () => {
    expect(referencesOf({ kind: 'artifact', mediaType: MEDIA_TYPES.ociArtifactManifest, blobs: [LAYER] }).map(({ kind }) => kind)).toEqual([
      'blob',
    ]);
  });
});
