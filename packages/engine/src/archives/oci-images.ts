import {
  type Descriptor,
  type Digest,
  type ImageManifest,
  isImageManifestType,
  isIndexType,
  MEDIA_TYPES,
  type Platform,
  parseImageConfig,
  parseManifest,
  referencesOf,
} from '@slipway/oci';
import { engineError } from '../errors.ts';
import { invalidArchive } from './archive-entries.ts';
import { type ArchivedContent, incomplete } from './archived-content.ts';

/** An image of one platform that an index lists. */
export interface ListedImage {
  readonly descriptor: Descriptor;
  readonly manifest: ImageManifest;
  /** False for attestations, signatures and other artifacts, which are kept and never chosen. */
  readonly isImage: boolean;
  /** A blob that is not there. */
  readonly missing: Digest | undefined;
}

/** What one entry of index.json leads to. */
export interface ListedTree {
  readonly images: readonly ListedImage[];
  /** The nested indexes, the outermost last. */
  readonly indexes: readonly Descriptor[];
}

/** Deeper and wider than any image there is. */
const MAX_DEPTH = 12;
const MAX_MANIFESTS = 4096;
const CONFIG_TYPES: ReadonlySet<string> = new Set([MEDIA_TYPES.ociConfig, MEDIA_TYPES.dockerConfig]);

/** Finds the images below a manifest or index. Children of an index may be missing, the entry itself may not. Errors: ARCHIVE_INVALID, ARCHIVE_INCOMPLETE. */
export async function listImages(archive: ArchivedContent, entry: Descriptor): Promise<ListedTree> {
  if ((await archive.stat(entry.digest)) === undefined) throw incomplete(`manifest ${entry.digest}`);
  const walk = new IndexWalk(archive);
  await walk.visit(entry, 0);
  return walk;
}

/** The platform that an image is for. Errors: IMAGE_CONFIG_INVALID. */
export async function platformOf(archive: ArchivedContent, image: ListedImage): Promise<Platform> {
  const { platform } = image.descriptor;
  if (platform !== undefined && platform.os !== '' && platform.architecture !== '') return platform;
  return parseImageConfig(await archive.read(image.manifest.config, 'config'));
}

class IndexWalk implements ListedTree {
  readonly images: ListedImage[] = [];
  readonly indexes: Descriptor[] = [];
  readonly #seen = new Set<Digest>();
  readonly #archive: ArchivedContent;

  constructor(archive: ArchivedContent) {
    this.#archive = archive;
  }

  async visit(descriptor: Descriptor, depth: number): Promise<void> {
    // Each once: indexes that list each other's children over and over would never end.
    if (this.#seen.has(descriptor.digest)) return;
    this.#seen.add(descriptor.digest);
    if (depth > MAX_DEPTH) throw invalidArchive(`its indexes are nested more than ${MAX_DEPTH} deep`);
    if (this.#seen.size > MAX_MANIFESTS) {
      throw engineError('ARCHIVE_TOO_LARGE', `Cannot load the archive: it has more than ${MAX_MANIFESTS} manifests`);
    }
    if ((await this.#archive.stat(descriptor.digest)) === undefined) return;
    if (isIndexType(descriptor.mediaType)) await this.#visitIndex(descriptor, depth);
    else if (isImageManifestType(descriptor.mediaType)) await this.#addImage(descriptor);
  }

  async #visitIndex(descriptor: Descriptor, depth: number): Promise<void> {
    const index = parseManifest(await this.#archive.read(descriptor, 'index'), descriptor.mediaType);
    if (index.kind !== 'index') return;
    for (const child of index.manifests) await this.visit(child, depth + 1);
    this.indexes.push(descriptor);
  }

  async #addImage(descriptor: Descriptor): Promise<void> {
    const manifest = parseManifest(await this.#archive.read(descriptor, 'manifest'), descriptor.mediaType);
    if (manifest.kind !== 'image') return;
    const isImage = CONFIG_TYPES.has(manifest.config.mediaType) && descriptor.platform?.os !== 'unknown';
    this.images.push({ descriptor, manifest, isImage, missing: await this.#findMissing(manifest) });
  }

  async #findMissing(manifest: ImageManifest): Promise<Digest | undefined> {
    for (const { digest } of referencesOf(manifest)) if ((await this.#archive.stat(digest)) === undefined) return digest;
    return undefined;
  }
}
