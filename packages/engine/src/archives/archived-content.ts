import type { Readable } from 'node:stream';
import { Readable as ReadableStream } from 'node:stream';
import type { Descriptor, Digest } from '@slipway/oci';
import { DETECTION_BYTES, openLayer } from '@slipway/oci/node';
import { engineError } from '../errors.ts';
import type { Lease } from '../leases/lease.ts';
import { type ArchiveEntries, type ArchiveFile, invalidArchive, type PackedLayer, pathOfDigest } from './archive-entries.ts';
import type { WritableContent } from './archive-ports.ts';

interface ArchivedContentParts {
  readonly entries: ArchiveEntries;
  readonly content: WritableContent;
  readonly lease: Lease;
  readonly igzip: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A blob that an image needs: as it is, or as a compressed layer that the plain one can be made of. */
export type ArchivedBlob = { readonly sizeBytes: number; readonly packed?: PackedLayer };

/** What an archive held, after all of it was read: documents, and content under digests. */
export class ArchivedContent {
  readonly entries: ArchiveEntries;
  readonly #parts: ArchivedContentParts;

  constructor(parts: ArchivedContentParts) {
    this.entries = parts.entries;
    this.#parts = parts;
  }

  /** A layout may leave out what its reader has already (image-spec, image-layout.md): what is in content counts as there. */
  async stat(digest: Digest): Promise<ArchivedBlob | undefined> {
    const file = this.entries.find(pathOfDigest(digest)) ?? this.#packed(digest);
    if (file !== undefined) return blobOfFile(file, digest);
    const { content, lease } = this.#parts;
    await lease.holdContent([digest]);
    return await content.stat(digest);
  }

  /** Errors: ARCHIVE_INCOMPLETE; ARCHIVE_INVALID, for another size. */
  async require(descriptor: Descriptor, what: string): Promise<ArchivedBlob> {
    const blob = await this.stat(descriptor.digest);
    if (blob === undefined) throw incomplete(`${what} ${descriptor.digest}`);
    if (blob.sizeBytes !== descriptor.size) {
      throw invalidArchive(`${what} ${descriptor.digest} has ${blob.sizeBytes} bytes, not ${descriptor.size}`);
    }
    return blob;
  }

  /** A manifest or config. Errors: as `require`, and for what is too large to be one. */
  async read(descriptor: Descriptor, what: string): Promise<Buffer> {
    await this.require(descriptor, what);
    await this.restore(descriptor);
    return await this.#parts.content.read(descriptor);
  }

  async put(bytes: Uint8Array, mediaType: string): Promise<Descriptor> {
    const { content, lease } = this.#parts;
    return { mediaType, ...(await content.put(bytes, { lease })) };
  }

  /** Makes sure that the exact bytes are in content: unpacks a plain layer that was compressed on its way in and that a manifest wants plain. */
  async restore(descriptor: Descriptor): Promise<void> {
    const { content, lease, igzip, signal } = this.#parts;
    const blob = await this.stat(descriptor.digest);
    if (blob?.packed === undefined || (await content.stat(descriptor.digest)) !== undefined) return;
    const call = signal === undefined ? {} : { signal };
    await lease.holdContent([descriptor.digest]);
    const source = await content.openBlob(blob.packed.blob, call);
    const tar = openLayer(source, { igzip, limitBytes: descriptor.size, ...call }).content;
    await content.write(descriptor, ReadableStream.from(tar, { objectMode: false }), { lease, ...call });
  }

  async readStart(blob: Pick<Descriptor, 'digest' | 'size'>): Promise<Buffer> {
    const source: Readable = await this.#parts.content.openBlob(blob);
    const pieces: Buffer[] = [];
    let sizeBytes = 0;
    for await (const piece of source) {
      pieces.push(piece as Buffer);
      sizeBytes += (piece as Buffer).length;
      if (sizeBytes >= DETECTION_BYTES) break;
    }
    return Buffer.concat(pieces).subarray(0, DETECTION_BYTES);
  }

  #packed(diffId: Digest): ArchiveFile | undefined {
    const layer = this.entries.findPacked(diffId);
    return layer && { kind: 'packed', layer };
  }
}

function blobOfFile(file: ArchiveFile, digest: Digest): ArchivedBlob {
  if (file.kind === 'content' && file.digest === digest) return { sizeBytes: file.sizeBytes };
  if (file.kind === 'packed' && file.layer.diffId === digest) return { sizeBytes: file.layer.sizeBytes, packed: file.layer };
  // A link may lead to any file.
  throw invalidArchive(`blob ${digest} is a link to something else`);
}

export function incomplete(what: string): Error {
  return engineError('ARCHIVE_INCOMPLETE', `Cannot load the archive: ${what} is missing`);
}
