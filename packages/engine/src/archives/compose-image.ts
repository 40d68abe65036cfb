import { type Descriptor, type Digest, MEDIA_TYPES, parseImageConfig, type Reference } from '@slipway/oci';
import { type Compression, detectCompression } from '@slipway/oci/node';
import { type ArchiveFile, invalidArchive } from './archive-entries.ts';
import { type ArchivedContent, incomplete } from './archived-content.ts';
import { layerKindOf } from './layer-detection.ts';
import type { PlannedImage } from './planned-image.ts';

interface ImageParts {
  readonly config: Descriptor;
  /** Paths in the archive, the lowest layer first. */
  readonly layers: readonly string[];
  readonly names: readonly Reference[];
}

interface FoundLayer {
  readonly blob: Descriptor;
  /** Known for plain layers; of others it shows when they are unpacked. */
  readonly diffId: Digest | undefined;
}

const LAYER_TYPES: Readonly<Record<Compression, string>> = {
  none: MEDIA_TYPES.dockerLayer,
  gzip: MEDIA_TYPES.dockerLayerGzip,
  zstd: MEDIA_TYPES.ociLayerZstd,
};

/**
 * Makes a manifest for a config and layers that came without one, as docker does when it pushes such an image.
 * Errors: ARCHIVE_INVALID, ARCHIVE_INCOMPLETE, IMAGE_CONFIG_INVALID.
 */
export async function composeImage(archive: ArchivedContent, { config, layers: paths, names }: ImageParts): Promise<PlannedImage> {
  const { rootfs } = parseImageConfig(await archive.read(config, 'config'));
  const layers = await findLayers(archive, paths);
  checkDiffIds(layers, rootfs.diff_ids);
  const blobs = layers.map(({ blob }) => blob);
  const manifest = await archive.put(manifestOf(config, blobs), manifestTypeOf(blobs));
  return { manifest, config, layers: blobs, names, digests: [], content: [config, ...blobs, manifest], configs: new Set([config.digest]) };
}

/** The config that a path in the archive leads to. Errors: ARCHIVE_INCOMPLETE, ARCHIVE_INVALID. */
export function findConfig(archive: ArchivedContent, path: string): Descriptor {
  const file = archive.entries.find(path);
  if (file === undefined) throw incomplete(`the config ${JSON.stringify(path)}`);
  if (file.kind !== 'content') throw invalidArchive(`${JSON.stringify(path)} is no config`);
  return { mediaType: MEDIA_TYPES.dockerConfig, digest: file.digest, size: file.sizeBytes };
}

async function findLayers(archive: ArchivedContent, paths: readonly string[]): Promise<FoundLayer[]> {
  const found = new Map<string, FoundLayer>();
  for (const path of new Set(paths)) {
    const file = archive.entries.find(path);
    if (file === undefined) throw incomplete(`the layer ${JSON.stringify(path)}`);
    found.set(path, await readLayer(archive, file, path));
  }
  return paths.flatMap((path) => found.get(path) ?? []);
}

async function readLayer(archive: ArchivedContent, file: ArchiveFile, path: string): Promise<FoundLayer> {
  if (file.kind === 'packed') return { blob: file.layer.blob, diffId: file.layer.diffId };
  if (file.kind === 'document') throw invalidArchive(`${JSON.stringify(path)} is no layer`);
  const blob = { digest: file.digest, size: file.sizeBytes };
  const first = await archive.readStart(blob);
  if (layerKindOf(first) === 'other') throw invalidArchive(`${JSON.stringify(path)} is no layer`);
  const compression = detectCompression(first);
  return { blob: { mediaType: LAYER_TYPES[compression], ...blob }, diffId: compression === 'none' ? file.digest : undefined };
}

function checkDiffIds(layers: readonly FoundLayer[], diffIds: readonly Digest[]): void {
  if (layers.length !== diffIds.length)
    throw invalidArchive(`an image has ${layers.length} layers, and its config names ${diffIds.length}`);
  for (const [index, { diffId }] of layers.entries()) {
    if (diffId !== undefined && diffId !== diffIds[index]) {
      throw invalidArchive(`layer ${index + 1} of an image is ${diffId}, and its config says ${diffIds[index]}`);
    }
  }
}

/** Docker's manifest has no name for zstd: containerd writes OCI's then. */
function manifestTypeOf(layers: readonly Descriptor[]): string {
  return layers.some(({ mediaType }) => mediaType === MEDIA_TYPES.ociLayerZstd) ? MEDIA_TYPES.ociManifest : MEDIA_TYPES.dockerManifest;
}

function manifestOf(config: Descriptor, layers: readonly Descriptor[]): Buffer {
  const mediaType = manifestTypeOf(layers);
  const isOci = mediaType === MEDIA_TYPES.ociManifest;
  const ociTypes: Readonly<Record<string, string>> = {
    [MEDIA_TYPES.dockerLayer]: MEDIA_TYPES.ociLayer,
    [MEDIA_TYPES.dockerLayerGzip]: MEDIA_TYPES.ociLayerGzip,
    [MEDIA_TYPES.dockerConfig]: MEDIA_TYPES.ociConfig,
  };
  const described = ({ mediaType: type, digest, size }: Descriptor) => ({
    mediaType: isOci ? (ociTypes[type] ?? type) : type,
    digest,
    size,
  });
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: described(config), layers: layers.map(described) }));
}
