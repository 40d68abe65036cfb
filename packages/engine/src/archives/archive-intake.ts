import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isAppError } from '@slipway/base';
import { algorithmOf, type Descriptor, type Digest, MEDIA_TYPES } from '@slipway/oci';
import { type CompressPool, compressLayer, createDigester, DETECTION_BYTES, type TarReadEntry } from '@slipway/oci/node';
import { engineError } from '../errors.ts';
import type { Lease } from '../leases/lease.ts';
import {
  type ArchiveEntries,
  type ArchiveFile,
  digestOfPath,
  entryPathOf,
  invalidArchive,
  linkTargetOf,
  type PackedLayer,
} from './archive-entries.ts';
import type { KnownImages, WritableContent } from './archive-ports.ts';
import { layerKindOf } from './layer-detection.ts';
import { peek } from './peek.ts';

export interface IntakeOptions {
  readonly content: WritableContent;
  readonly images: Pick<KnownImages, 'layerBlobs'>;
  readonly lease: Lease;
  readonly igzip: string | undefined;
  /** Compresses where there is no igzip. */
  readonly pool: CompressPool;
  /** Told of each plain layer once its packed form is in content. */
  readonly onPacked: (layer: Descriptor) => void;
  readonly signal: AbortSignal | undefined;
}

/** A file on its way in, of an archive or a folder. */
export interface IncomingFile {
  readonly path: string;
  readonly sizeBytes: number;
  content(): AsyncIterable<Uint8Array>;
}

/** What says what an archive holds. Everything else may be large and goes to content. */
const DOCUMENTS: ReadonlySet<string> = new Set(['manifest.json', 'index.json', 'oci-layout', 'repositories']);
const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
/** Configs and manifests are never larger: the content store would not read them. */
const MAX_SMALL_BYTES = 8 * 1024 * 1024;
/** Fast, and hardly larger than zlib's default: the layer is compressed while the archive is waited for. */
const LAYER_LEVEL = 1;

/** Puts what an archive holds into content, held by the lease, as it comes: what it is for is known when all is read. */
export class ArchiveIntake {
  readonly #options: IntakeOptions;
  readonly #entries: ArchiveEntries;

  constructor(entries: ArchiveEntries, options: IntakeOptions) {
    this.#entries = entries;
    this.#options = options;
  }

  /** Errors: ARCHIVE_INVALID, ARCHIVE_TOO_LARGE; those of the content store. */
  async takeEntry(entry: TarReadEntry): Promise<void> {
    const path = entryPathOf(entry.nameBytes);
    if (entry.kind === 'symlink' || entry.kind === 'hardlink') this.#entries.addLink(path, linkTargetOf(entry, path));
    else if (entry.kind === 'file') await this.takeFile({ path, sizeBytes: entry.sizeBytes, content: () => entry.content() });
  }

  async takeFile(file: IncomingFile): Promise<void> {
    // A blob under its digest may be there any number of times: it is the same.
    if (digestOfPath(file.path) !== undefined && this.#entries.has(file.path)) return;
    const kept = await this.#keep(file);
    if (kept !== undefined) this.#entries.add(file.path, kept);
  }

  async #keep(file: IncomingFile): Promise<ArchiveFile | undefined> {
    if (DOCUMENTS.has(file.path)) return { kind: 'document', bytes: await readDocument(file) };
    const digest = digestOfPath(file.path);
    if (digest !== undefined) {
      const there = await this.#findBlob(digest, file.sizeBytes);
      if (there !== undefined) return there;
    }
    const { first, all } = await peek(file.content(), DETECTION_BYTES);
    try {
      const kind = layerKindOf(first);
      if (kind === 'plain' && (digest === undefined || algorithmOf(digest) === 'sha256'))
        return { kind: 'packed', layer: await this.#pack(all, digest) };
      if (digest !== undefined) return await this.#store(all, { digest, size: file.sizeBytes });
      if (kind === 'compressed' || file.sizeBytes <= MAX_SMALL_BYTES) return await this.#adopt(all);
      return undefined;
    } finally {
      await all.return();
    }
  }

  /** What is there need not be written again, and a layer that is there in packed form need not be packed again. */
  async #findBlob(digest: Digest, sizeBytes: number): Promise<ArchiveFile | undefined> {
    const { content, images, lease } = this.#options;
    await lease.holdContent([digest]);
    const blob = await content.stat(digest);
    if (blob !== undefined && blob.sizeBytes === sizeBytes) return { kind: 'content', digest, sizeBytes };
    for (const known of images.layerBlobs([digest])) {
      await lease.holdContent([known.descriptor.digest]);
      if (known.descriptor.digest === digest || (await content.stat(known.descriptor.digest)) === undefined) continue;
      return { kind: 'packed', layer: { diffId: digest, sizeBytes, blob: known.descriptor } };
    }
    return undefined;
  }

  async #store(source: AsyncIterable<Uint8Array>, descriptor: Pick<Descriptor, 'digest' | 'size'>): Promise<ArchiveFile> {
    const { content, lease, signal } = this.#options;
    try {
      await content.write(descriptor, Readable.from(source, { objectMode: false }), { lease, ...(signal === undefined ? {} : { signal }) });
    } catch (error) {
      if (!isAppError(error, 'DIGEST_MISMATCH')) throw error;
      throw invalidArchive(`blob ${descriptor.digest} is damaged: its content has another digest`, error);
    }
    return { kind: 'content', digest: descriptor.digest, sizeBytes: descriptor.size };
  }

  /** Stores bytes whose digest nobody says. */
  async #adopt(source: AsyncIterable<Uint8Array>): Promise<ArchiveFile> {
    const digester = createDigester();
    let sizeBytes = 0;
    async function* hashed(): AsyncGenerator<Uint8Array, void, void> {
      for await (const chunk of source) {
        digester.update(chunk);
        sizeBytes += chunk.length;
        yield chunk;
      }
    }
    const digest = await this.#writeFile(hashed(), () => digester.digest());
    return { kind: 'content', digest, sizeBytes };
  }

  /** Errors: ARCHIVE_INVALID, when the tar is not the one that its name says. */
  async #pack(source: AsyncIterable<Uint8Array>, diffId: Digest | undefined): Promise<PackedLayer> {
    const { igzip, pool, signal } = this.#options;
    const layer = compressLayer(source, { kind: 'gzip', level: LAYER_LEVEL, igzip, pool, ...(signal === undefined ? {} : { signal }) });
    await this.#writeFile(layer.content, () => {
      const actual = layer.digests();
      if (diffId !== undefined && diffId !== actual.diffId) throw invalidArchive(`the content of blob ${diffId} is ${actual.diffId}`);
      return actual.digest;
    });
    const { digest, sizeBytes: size, diffId: actual, diffSizeBytes } = layer.digests();
    const blob: Descriptor = { mediaType: MEDIA_TYPES.dockerLayerGzip, digest, size };
    this.#options.onPacked(blob);
    return { diffId: actual, sizeBytes: diffSizeBytes, blob };
  }

  async #writeFile(source: AsyncIterable<Uint8Array>, digestOf: () => Digest): Promise<Digest> {
    const { content, lease, signal } = this.#options;
    const file = await content.createFile({ lease });
    try {
      await pipeline(source, createWriteStream(file.path), signal === undefined ? {} : { signal });
      const digest = digestOf();
      await file.commit(digest);
      return digest;
    } catch (error) {
      await file.cancel();
      throw error;
    }
  }
}

async function readDocument(file: IncomingFile): Promise<Buffer> {
  const tooLarge = () =>
    engineError('ARCHIVE_TOO_LARGE', `Cannot load the archive: its ${file.path} has more than ${MAX_DOCUMENT_BYTES / 1024 / 1024} MiB`);
  if (file.sizeBytes > MAX_DOCUMENT_BYTES) throw tooLarge();
  const pieces: Buffer[] = [];
  for await (const piece of file.content()) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}
