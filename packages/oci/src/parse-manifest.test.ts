import { AppError } from '@slipway/base';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MEDIA_TYPES } from './media-types.ts';
import { parseManifest } from './parse-manifest.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha512:${'b'.repeat(128)}`;
const CONFIG = { mediaType: MEDIA_TYPES.ociConfig, digest: DIGEST, size: 2 };
const LAYER = { mediaType: MEDIA_TYPES.ociLayerGzip, digest: OTHER, size: 0 };
const IMAGE = { schemaVersion: 2, config: CONFIG, layers: [LAYER] };
const INDEX = { schemaVersion: 2, manifests: [{ ...CONFIG, mediaType: MEDIA_TYPES.ociManifest }] };

const bytesOf = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const read = (value: unknown, mediaType?: string) => parseManifest(bytesOf(value), mediaType);

describe('parseManifest()', () => {
  test('reads an image with all its fields', () => {
    const extra = { artifactType: 'a/b', subject: CONFIG, annotations: { a: 'b' } };
    expect(read({ ...IMAGE, ...extra, 'org.example': [1] }, MEDIA_TYPES.ociManifest)).toEqual({
      kind: 'image',
      mediaType: MEDIA_TYPES.ociManifest,
      config: CONFIG,
      layers: [LAYER],
      ...extra,
    });
  });

  test('reads an index whose children are indexes and layers', () => {
    const manifests = [{ ...CONFIG, mediaType: MEDIA_TYPES.ociIndex }, LAYER];
    expect(read({ schemaVersion: 2, manifests })).toEqual({ kind: 'index', mediaType: MEDIA_TYPES.ociIndex, manifests });
  });

  test('reads the artifact manifest of the release candidates, which has no schemaVersion', () => {
    const artifact = { mediaType: MEDIA_TYPES.ociArtifactManifest, artifactType: 'a/b', blobs: [LAYER], subject: CONFIG };
    expect(read(artifact, MEDIA_TYPES.ociArtifactManifest)).toEqual({ kind: 'artifact', ...artifact });
  });

  test.each([
    ['no layers', { ...IMAGE, layers: [] }],
    ['null where Go has nothing', { ...IMAGE, layers: null, annotations: null, subject: null }],
    ['layers absent', { schemaVersion: 2, config: CONFIG }],
    ['an empty index', { schemaVersion: 2, manifests: [] }],
    ['unknown types', { ...IMAGE, artifactType: 'x', config: { ...CONFIG, mediaType: 'y' }, layers: [{ ...LAYER, mediaType: 'z' }] }],
    ['an empty artifactType', { ...IMAGE, artifactType: '' }],
    ['a data field', { ...IMAGE, config: { ...CONFIG, data: 'e30=' } }],
    ['a field called __proto__', JSON.stringify(IMAGE).replace('{', '{"__proto__":{"manifests":[1]},')],
    ['equal digests of equal size', { ...IMAGE, layers: [LAYER, LAYER] }],
  ])('takes %s', (_, value) => {
    expect(['image', 'index']).toContain(read(value).kind);
  });

  test.each([
    [IMAGE, undefined, MEDIA_TYPES.ociManifest],
    [IMAGE, 'application/json; charset=utf-8', MEDIA_TYPES.ociManifest],
    [INDEX, 'application/octet-stream', MEDIA_TYPES.ociIndex],
    [IMAGE, `${MEDIA_TYPES.dockerManifest}; charset=utf-8`, MEDIA_TYPES.dockerManifest],
    [INDEX, ' Application/vnd.docker.distribution.manifest.list.v2+JSON', MEDIA_TYPES.dockerManifestList],
    [{ ...IMAGE, mediaType: MEDIA_TYPES.dockerManifest }, '', MEDIA_TYPES.dockerManifest],
    [{ ...IMAGE, mediaType: MEDIA_TYPES.ociManifest }, MEDIA_TYPES.ociManifest, MEDIA_TYPES.ociManifest],
  ])('decides the media type of %j sent as %j', (value, sent, mediaType) => {
    expect(read(value, sent).mediaType).toBe(mediaType);
  });

  test.each([
    ['nothing', '', undefined, 'it is empty'],
    ['text', 'hello', undefined, 'it is not JSON'],
    ['a list', [], undefined, 'it is a list'],
    ['null', 'null', undefined, 'it is missing'],
    ['a byte order mark', `\uFEFF${JSON.stringify(IMAGE)}`, undefined, 'it is not JSON'],
    ['another type than its own', { ...IMAGE, mediaType: MEDIA_TYPES.dockerManifest }, MEDIA_TYPES.ociManifest, 'it was sent as'],
    ['an unknown type', IMAGE, 'application/x', 'is no manifest'],
    ['an unknown own type', { ...IMAGE, mediaType: 'application/x' }, undefined, 'is no manifest'],
    ['no type and no shape', { schemaVersion: 2 }, undefined, 'it has no media type'],
    ['an own type that is no string', { ...IMAGE, mediaType: 2 }, undefined, 'mediaType is 2'],
    ['no schemaVersion', { config: CONFIG }, undefined, 'schemaVersion is missing'],
    ['schemaVersion 3', { ...IMAGE, schemaVersion: 3 }, undefined, 'schemaVersion is 3'],
    ['schemaVersion "2"', { ...IMAGE, schemaVersion: '2' }, undefined, 'schemaVersion is "2"'],
    ['no config', { schemaVersion: 2, layers: [] }, MEDIA_TYPES.ociManifest, 'config is missing'],
    ['image and index at once', { ...IMAGE, ...INDEX }, MEDIA_TYPES.ociManifest, 'it is ambiguous'],
    ['image and index at once, as index', { ...IMAGE, ...INDEX }, MEDIA_TYPES.ociIndex, 'it is ambiguous'],
    ['image and index at once, untyped', { ...IMAGE, ...INDEX }, undefined, 'it is ambiguous'],
    ['an image that calls itself index', { ...IMAGE, mediaType: MEDIA_TYPES.ociIndex }, undefined, 'it is ambiguous'],
    ['schema 1 layers in schema 2', { ...IMAGE, fsLayers: [] }, undefined, 'it is ambiguous'],
    ['a field in another case', { ...IMAGE, Manifests: [] }, undefined, 'the field "Manifests" reads as "manifests"'],
    ['a field with a long s', { ...IMAGE, manifeſts: [] }, undefined, 'reads as "manifests"'],
    ['a field twice', JSON.stringify(IMAGE).replace('{', '{"config":{},'), undefined, 'the field "config" is there twice'],
    ['a field twice, once escaped', JSON.stringify(IMAGE).replace('{', '{"\\u0063onfig":{},'), undefined, 'is there twice'],
    ['a deep field twice', JSON.stringify(IMAGE).replace('"size":2', '"size":1,"size":2'), undefined, 'the field "size" is there twice'],
    ['a digest of two sizes', { ...IMAGE, layers: [{ ...LAYER, digest: DIGEST }] }, undefined, 'two sizes, 2 and 0'],
    ['a negative size', { ...IMAGE, layers: [{ ...LAYER, size: -1 }] }, undefined, 'layers[0].size is -1'],
    ['a huge size', JSON.stringify(IMAGE).replace('"size":2', '"size":1e999'), undefined, 'config.size is Infinity'],
    ['a number of many digits', JSON.stringify(IMAGE).replace('"size":2', `"size":${'9'.repeat(100_000)}`), undefined, 'config.size is'],
    ['a digest nobody knows', { ...IMAGE, subject: { ...CONFIG, digest: 'md5:0' } }, undefined, 'subject.digest is "md5:0"'],
    ['layers that are no list', { ...IMAGE, layers: {} }, undefined, 'layers is an object, not a list'],
    ['a layer that is null', { ...IMAGE, layers: [null] }, undefined, 'layers[0] is missing'],
    ['manifests that are numbers', { schemaVersion: 2, manifests: [1] }, undefined, 'manifests[0] is 1'],
    ['deep nesting', `{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, undefined, 'levels deep'],
  ])('refuses %s', (_, value, sent, why) => {
    expect(() => read(value, sent)).toThrow(
      expect.objectContaining({ code: 'MANIFEST_INVALID', kind: 'invalid', message: expect.stringContaining(why) }),
    );
  });

  test('refuses what is not UTF-8', () => {
    expect(() => parseManifest(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d), undefined)).toThrow(
      expect.objectContaining({ code: 'MANIFEST_INVALID' }),
    );
  });

  test.each([
    [{ schemaVersion: 1, fsLayers: [] }, undefined],
    [{ schemaVersion: 1 }, MEDIA_TYPES.ociManifest],
    ['no JSON', MEDIA_TYPES.dockerSchema1Signed],
    [{ schemaVersion: 2, mediaType: MEDIA_TYPES.dockerSchema1 }, undefined],
  ])('tells who sends schema 1 %j as %s to push again', (value, sent) => {
    expect(() => read(value, sent)).toThrow(
      expect.objectContaining({
        code: 'SCHEMA1_UNSUPPORTED',
        kind: 'unsupported',
        message: expect.stringContaining('push the image again'),
      }),
    );
  });

  test('throws nothing but AppError, whatever the JSON', () => {
    const descriptor = fc.oneof(fc.jsonValue(), fc.constant(LAYER));
    const near = fc.record(
      {
        schemaVersion: fc.oneof({ weight: 5, arbitrary: fc.constant(2) }, fc.jsonValue()),
        mediaType: fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(MEDIA_TYPES))),
        config: descriptor,
        layers: fc.array(descriptor),
        manifests: fc.oneof(fc.jsonValue(), fc.array(descriptor)),
        blobs: fc.array(descriptor),
        subject: descriptor,
        annotations: fc.jsonValue(),
        artifactType: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const sent = fc.option(fc.oneof(fc.string(), fc.constantFrom(...Object.values(MEDIA_TYPES))), { nil: undefined });
    const bytes = fc.oneof(fc.uint8Array(), fc.jsonValue().map(bytesOf), near.map(bytesOf));
    fc.assert(
      fc.property(bytes, sent, (body, mediaType) => {
        try {
          expect(['image', 'index', 'artifact']).toContain(parseManifest(body, mediaType).kind);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
          expect(error).toMatchObject({ code: expect.stringMatching(/^(MANIFEST_INVALID|SCHEMA1_UNSUPPORTED)$/) });
        }
      }),
      { numRuns: 500 },
    );
  });
});
