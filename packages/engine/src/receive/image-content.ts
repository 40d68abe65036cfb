import { type Descriptor, MEDIA_TYPES } from '@slipway/oci';
import { engineError } from '../errors.ts';

const LAYER_TYPES: ReadonlySet<string> = new Set([
  MEDIA_TYPES.ociLayer,
  MEDIA_TYPES.ociLayerGzip,
  MEDIA_TYPES.ociLayerZstd,
  MEDIA_TYPES.ociForeignLayer,
  MEDIA_TYPES.ociForeignLayerGzip,
  MEDIA_TYPES.ociForeignLayerZstd,
  MEDIA_TYPES.dockerLayer,
  MEDIA_TYPES.dockerLayerGzip,
  MEDIA_TYPES.dockerLayerZstd,
  MEDIA_TYPES.dockerForeignLayer,
  MEDIA_TYPES.dockerForeignLayerGzip,
  MEDIA_TYPES.dockerForeignLayerZstd,
]);

/** Registries of 2016 gave configs this type; docker still takes them. */
const ANY_BYTES = 'application/octet-stream';

const CONFIG_TYPES: ReadonlySet<string> = new Set([MEDIA_TYPES.ociConfig, MEDIA_TYPES.dockerConfig, ANY_BYTES]);

const IMAGE_TYPE_PREFIXES = ['application/vnd.oci.image.', 'application/vnd.docker.'];

/** Whether the content is a layer by its type alone: what an artifact calls a layer may still be no tar. */
export function isLayerType(mediaType: string): boolean {
  return LAYER_TYPES.has(mediaType);
}

/** Refuses what only artifacts consist of, before it is fetched. Errors: MEDIA_TYPE_UNSUPPORTED. */
export function requireImagePart({ mediaType, digest }: Descriptor): void {
  if (mediaType === ANY_BYTES || IMAGE_TYPE_PREFIXES.some((prefix) => mediaType.startsWith(prefix))) return;
  throw unsupported(`Cannot take ${digest} as part of an image`, mediaType);
}

/** Errors: MEDIA_TYPE_UNSUPPORTED. */
export function requireImageConfig({ mediaType }: Descriptor, manifest: Descriptor): void {
  if (!CONFIG_TYPES.has(mediaType)) throw unsupported(`Cannot use ${manifest.digest} as an image`, mediaType);
}

/** docker's words are in it. */
export function unsupported(what: string, mediaType: string): Error {
  return engineError('MEDIA_TYPE_UNSUPPORTED', `${what}: unsupported media type ${mediaType.slice(0, 200)}`);
}
