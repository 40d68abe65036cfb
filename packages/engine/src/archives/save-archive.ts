import { algorithmOf, type Descriptor, type Digest, type Reference } from '@slipway/oci';
import { type TarEntryToWrite, type TarMember, writeTar } from '@slipway/oci/node';
import { pathOfDigest } from './archive-entries.ts';
import { isSameName } from './archive-names.ts';
import type { ImageToSave, ReadableContent } from './archive-ports.ts';
import { readImageManifest, requireContent } from './saved-content.ts';
import { composeDocuments, type SavedImage } from './saved-documents.ts';

export interface SaveArchiveOptions {
  readonly content: ReadableContent;
  /** In the order of the archive. The same image given twice is one with all the names. */
  readonly images: readonly ImageToSave[];
  /** `docker` when absent: an archive that every docker loads and that is an OCI layout too; `oci` leaves docker's documents out. */
  readonly format?: 'docker' | 'oci';
  readonly signal?: AbortSignal;
}

/*
 * blobs/ blobs/sha256/ …   folders
 * index.json               OCI: each name of each image
 * manifest.json            docker: config, names and layers of each image, as paths below blobs/
 * oci-layout
 * repositories             docker before 1.10
 * blobs/sha256/<hex>       indexes, manifests and configs, then layers: what describes comes first, for readers of streams
 */

/**
 * An archive of images, byte for byte the same for the same images, with each blob once and all times 0. Nothing is yielded before everything
 * was found to be there. The taker may keep the buffers. Errors: CONTENT_MISSING, CONTENT_CORRUPT, MANIFEST_INVALID; the signal's reason.
 */
export async function* saveArchive(options: SaveArchiveOptions): AsyncGenerator<Buffer, void, void> {
  const { content, signal, format = 'docker' } = options;
  const images = await readImages(content, options.images);
  const blobs = await collectAll(content, images);
  const documents = composeDocuments(images, format);
  async function* members(): AsyncGenerator<TarMember, void, void> {
    for (const folder of foldersOf(blobs)) yield { entry: { kind: 'folder', name: `${folder}/`, mode: 0o755, mtimeSeconds: 0 } };
    for (const [name, bytes] of documents) yield { entry: fileEntry(name, bytes.length), content: bytes };
    for (const blob of blobs) {
      signal?.throwIfAborted();
      const call = signal === undefined ? {} : { signal };
      yield { entry: fileEntry(pathOfDigest(blob.digest), blob.size), content: await content.openBlob(blob, call) };
    }
  }
  yield* writeTar(members());
}

/** Merges images that are given twice. */
export async function readImages(content: ReadableContent, images: readonly ImageToSave[]): Promise<SavedImage[]> {
  const saved = new Map<Digest, SavedImage>();
  for (const { target, manifest, names } of images) {
    const before = saved.get(target.digest);
    saved.set(target.digest, {
      target,
      manifest: before?.manifest ?? (await readImageManifest(content, manifest)),
      names: uniqueNames([...(before?.names ?? []), ...names]),
    });
  }
  return [...saved.values()];
}

/** What the images consist of, each digest once: documents, then layers. Errors: CONTENT_MISSING. */
async function collectAll(content: ReadableContent, images: readonly SavedImage[]): Promise<Descriptor[]> {
  const found = new Map<Digest, Descriptor>();
  for (const { target } of images) {
    for (const descriptor of await requireContent(content, target)) found.set(descriptor.digest, descriptor);
  }
  const all = [...found.values()];
  return [...all.filter(isDocument), ...all.filter((descriptor) => !isDocument(descriptor))];
}

function isDocument({ mediaType }: Descriptor): boolean {
  return mediaType.endsWith('+json') || mediaType.endsWith('/json');
}

function uniqueNames(names: readonly Reference[]): Reference[] {
  return names.filter((name, index) => names.findIndex((other) => isSameName(name, other)) === index);
}

function foldersOf(blobs: readonly Descriptor[]): string[] {
  const algorithms = new Set(blobs.map(({ digest }) => algorithmOf(digest)));
  return ['blobs', ...[...algorithms].sort().map((algorithm) => `blobs/${algorithm}`)];
}

function fileEntry(name: string, sizeBytes: number): TarEntryToWrite {
  return { kind: 'file', name, mode: 0o644, sizeBytes, mtimeSeconds: 0 };
}
