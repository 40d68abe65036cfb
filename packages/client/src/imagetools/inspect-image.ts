import {
  type Descriptor,
  type ImageConfig,
  isIndexType,
  MEDIA_TYPES,
  type ParsedManifest,
  parseImageConfig,
  parseManifest,
} from '@slipway/oci';
import { clientError } from '../errors.ts';
import type { CallOptions, ManifestContent, ManifestName } from '../repository/manifests.ts';
import type { Repository } from '../repository/repository.ts';

export interface InspectedImage {
  readonly descriptor: Descriptor;
  /** What `--raw` prints. */
  readonly bytes: Buffer;
  readonly manifest: ParsedManifest;
}

const MAX_CONFIG_BYTES = 8 * 1024 * 1024;

/** What a name stands for, without pulling it. */
export async function inspectImage(repository: Repository, name: ManifestName, options: CallOptions = {}): Promise<InspectedImage> {
  const { bytes, mediaType, digest } = await repository.readManifest(name, options);
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes, manifest: parseManifest(bytes, mediaType) };
}

/** The config of an image, or undefined for what is no container image. Errors: as `openBlob`, IMAGE_CONFIG_INVALID. */
export async function readImageConfig(
  repository: Repository,
  content: Pick<ManifestContent, 'bytes' | 'mediaType'>,
  options: CallOptions = {},
): Promise<ImageConfig | undefined> {
  if (isIndexType(content.mediaType)) return undefined;
  const manifest = parseManifest(content.bytes, content.mediaType);
  if (manifest.kind !== 'image') return undefined;
  const { config } = manifest;
  if (config.mediaType !== MEDIA_TYPES.ociConfig && config.mediaType !== MEDIA_TYPES.dockerConfig) return undefined;
  if (config.size > MAX_CONFIG_BYTES) {
    throw clientError('MANIFEST_TOO_LARGE', `Cannot read the image config ${config.digest}: it has ${config.size} bytes`);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of await repository.openBlob(config, options)) chunks.push(chunk as Buffer);
  return parseImageConfig(Buffer.concat(chunks));
}
