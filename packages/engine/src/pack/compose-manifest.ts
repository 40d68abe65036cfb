import type { Descriptor } from '@slipway/oci';
import { compressionOfType, FAMILY_TYPES, type MediaTypeFamily } from './layer-media-types.ts';

type Content = Pick<Descriptor, 'digest' | 'size'>;

export interface ManifestParts {
  readonly family: MediaTypeFamily;
  readonly config: Content;
  /** The lowest first. Of any family: they get the type of theirs in the manifest's. */
  readonly layers: readonly Descriptor[];
}

/** An image manifest: equal parts give equal bytes, indented as docker and BuildKit do. */
export function composeManifest({ family, config, layers }: ManifestParts): { readonly bytes: Buffer; readonly mediaType: string } {
  const types = FAMILY_TYPES[family];
  const document = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest: config.digest, size: config.size },
    layers: layers.map(({ mediaType, digest, size }) => ({ mediaType: types.layers[compressionOfType(mediaType)], digest, size })),
  };
  return { bytes: Buffer.from(JSON.stringify(document, undefined, 2)), mediaType: types.manifest };
}
