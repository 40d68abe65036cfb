import { posix } from 'node:path';
import { algorithmOf, type Descriptor, type Digest, hexOf, isDigest } from '@slipway/oci';
import { cleanEntryPath, type TarEntry } from '@slipway/oci/node';
import { engineError } from '../errors.ts';

/** A plain layer tar that is in content in compressed form. */
export interface PackedLayer {
  readonly diffId: Digest;
  /** Of the tar. */
  readonly sizeBytes: number;
  readonly blob: Descriptor;
}

/** A file of an archive, as it was kept. */
export type ArchiveFile =
  /** One of the few documents that say what the archive holds. */
  | { readonly kind: 'document'; readonly bytes: Buffer }
  /** Content, byte for byte. */
  | { readonly kind: 'content'; readonly digest: Digest; readonly sizeBytes: number }
  | { readonly kind: 'packed'; readonly layer: PackedLayer };

type ArchiveEntry = ArchiveFile | { readonly kind: 'link'; readonly target: string };

const MAX_LINKS = 40;

/** The files of an archive by their cleaned paths. Links between them stay within. */
export class ArchiveEntries {
  readonly #entries = new Map<string, ArchiveEntry>();
  readonly #packed = new Map<Digest, PackedLayer>();

  /** Errors: ARCHIVE_INVALID, for a path that is there already. */
  add(path: string, file: ArchiveFile): void {
    this.#put(path, file);
    if (file.kind === 'packed') this.#packed.set(file.layer.diffId, file.layer);
  }

  addLink(path: string, target: string): void {
    this.#put(path, { kind: 'link', target });
  }

  has(path: string): boolean {
    return this.#entries.has(path);
  }

  /** Follows links. Errors: ARCHIVE_INVALID, for links in a circle. */
  find(path: string): ArchiveFile | undefined {
    let entry = this.#entries.get(path);
    for (let links = 0; entry?.kind === 'link'; links++) {
      if (links >= MAX_LINKS) throw invalidArchive(`the links of ${JSON.stringify(path)} go in a circle`);
      entry = this.#entries.get(entry.target);
    }
    return entry;
  }

  findDocument(path: string): Buffer | undefined {
    const file = this.find(path);
    return file?.kind === 'document' ? file.bytes : undefined;
  }

  /** The compressed form of a plain layer. */
  findPacked(diffId: Digest): PackedLayer | undefined {
    return this.#packed.get(diffId);
  }

  #put(path: string, entry: ArchiveEntry): void {
    // Which of the two counts, every reader decides for itself.
    if (this.#entries.has(path)) throw invalidArchive(`${JSON.stringify(path)} is there twice`);
    this.#entries.set(path, entry);
  }
}

/** `blobs/sha256/<hex>` -> its digest. */
export function digestOfPath(path: string): Digest | undefined {
  const [, algorithm, hex] = /^blobs\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  const digest = `${algorithm}:${hex}`;
  return isDigest(digest) ? digest : undefined;
}

export function pathOfDigest(digest: Digest): string {
  return `blobs/${algorithmOf(digest)}/${hexOf(digest)}`;
}

/** Where an entry belongs. Errors: ARCHIVE_INVALID, for names that lead out of the archive. */
export function entryPathOf(name: Buffer | string): string {
  const cleaned = cleanEntryPath(Buffer.isBuffer(name) ? name : Buffer.from(name));
  if (cleaned.kind === 'inside') return cleaned.path.toString();
  throw invalidArchive(cleaned.message.replace('Cannot unpack ', 'of the entry '));
}

/** What a link stands for: docker once wrote a layer that several images share as symbolic links to the first. Errors: ARCHIVE_INVALID. */
export function linkTargetOf(entry: TarEntry, path: string): string {
  const target = entry.kind === 'symlink' ? posix.join(posix.dirname(path), entry.linkName) : entry.linkName;
  if (entry.kind === 'symlink' && posix.isAbsolute(entry.linkName)) throw leadsOut(path);
  const cleaned = cleanEntryPath(Buffer.from(target));
  if (cleaned.kind !== 'inside' || target.startsWith('../')) throw leadsOut(path);
  return cleaned.path.toString();
}

function leadsOut(path: string): Error {
  return invalidArchive(`the link ${JSON.stringify(path)} leads out of it`);
}

export function invalidArchive(why: string, cause?: unknown): Error {
  return engineError('ARCHIVE_INVALID', `Cannot load the archive: ${why}`, { cause });
}
