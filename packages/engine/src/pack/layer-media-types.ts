import { MEDIA_TYPES } from '@slipway/oci';
import type { Compression } from '@slipway/oci/node';

/** Whose media types a manifest names: `docker` for registries and clients from before OCI. */
export type MediaTypeFamily = 'oci' | 'docker';

interface FamilyTypes {
  readonly manifest: string;
  readonly config: string;
  readonly layers: Readonly<Record<Compression, string>>;
}

export const FAMILY_TYPES: Readonly<Record<MediaTypeFamily, FamilyTypes>> = {
  oci: {
    manifest: MEDIA_TYPES.ociManifest,
    config: MEDIA_TYPES.ociConfig,
    layers: { gzip: MEDIA_TYPES.ociLayerGzip, zstd: MEDIA_TYPES.ociLayerZstd, none: MEDIA_TYPES.ociLayer },
  },
  docker: {
    manifest: MEDIA_TYPES.dockerManifest,
    config: MEDIA_TYPES.dockerConfig,
    layers: { gzip: MEDIA_TYPES.dockerLayerGzip, zstd: MEDIA_TYPES.dockerLayerZstd, none: MEDIA_TYPES.dockerLayer },
  },
};

/** How a layer of this media type is packed; all families end alike. */
export function compressionOfType(mediaType: string): Compression {
  if (mediaType.endsWith('gzip')) return 'gzip';
  return mediaType.endsWith('zstd') ? 'zstd' : 'none';
}
