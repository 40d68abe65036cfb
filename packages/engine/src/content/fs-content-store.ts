import { hash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { type Clock, type Logger, systemCodeOf } from '@slipway/base';
import { algorithmOf, type Descriptor, type Digest, isDigest } from '@slipway/oci';
import type { BlobStore, OpenBlob } from '@slipway/storage/blob';
import { Layout } from '@slipway/storage/blob/layout';
import { engineError } from '../errors.ts';
import type {
  ContentFile,
  ContentStore,
  CreateFileOptions,
  OpenContentOptions,
  ReadContentOptions,
  WriteContentOptions,
} from './content-store.ts';

export interface FsContentStoreOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The application's file that calls `serveHashing`. */
  readonly hashWorker?: URL | undefined;
}

type Named = Pick<Descriptor, 'digest' | 'size'>;

const DOCUMENT_MAX_BYTES = 8 * 1024 * 1024;
const CHUNK_BYTES = 512 * 1024;

/** Reads the files of a blob store by their names, and opens the store itself, which makes hundreds of folders, for the first write. */
export function createFsContentStore(options: FsContentStoreOptions): ContentStore {
  return new FsContentStore(options);
}

class FsContentStore implements ContentStore {
  readonly #options: FsContentStoreOptions;
  readonly #layout: Layout;
  #store: Promise<BlobStore> | undefined;

  constructor(options: FsContentStoreOptions) {
    this.#options = options;
    this.#layout = new Layout(options.folder);
  }

  async stat(digest: Digest): Promise<{ readonly sizeBytes: number } | undefined> {
    try {
      return { sizeBytes: (await stat(this.pathOf(digest))).size };
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async open(digest: Digest): Promise<OpenBlob | undefined> {
    if ((await this.stat(digest)) === undefined) return undefined;
    return await (await this.#openStore()).open(digest);
  }

  pathOf(digest: Digest): string {
    return this.#layout.blob(digest);
  }

  async read(descriptor: Named, options: ReadContentOptions = {}): Promise<Buffer> {
    const { digest, size } = descriptor;
    const maxBytes = options.maxBytes ?? DOCUMENT_MAX_BYTES;
    if (size > maxBytes) {
      throw engineError('CONTENT_TOO_LARGE', `Cannot read ${digest}: it has ${size} bytes, ${maxBytes} are allowed`);
    }
    await using handle = await this.#openFile(descriptor);
    // Not `readFile`: the file could be larger than it was said to be.
    const bytes = Buffer.alloc(size);
    for (let offset = 0; offset < size; ) {
      const { bytesRead } = await handle.read(bytes, offset, size - offset, offset);
      if (bytesRead === 0) throw corrupt(digest, 'its file was cut off');
      offset += bytesRead;
    }
    const algorithm = algorithmOf(digest);
    if (`${algorithm}:${hash(algorithm, bytes)}` !== digest) throw corrupt(digest, 'its bytes are others');
    return bytes;
  }

  async openBlob(descriptor: Named, options: OpenContentOptions = {}): Promise<Readable> {
    const { offset = 0, signal } = options;
    signal?.throwIfAborted();
    const handle = await this.#openFile(descriptor);
    if (offset >= descriptor.size) {
      await handle.close();
      return Readable.from([]);
    }
    // `signal` is left to the stream: it destroys it, which closes the file.
    return handle.createReadStream({
      start: offset,
      end: descriptor.size - 1,
      highWaterMark: CHUNK_BYTES,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async write(descriptor: Named, source: Readable, options: WriteContentOptions): Promise<void> {
    const { digest, size } = descriptor;
    const { lease, signal, onFile } = options;
    const id = lease.nextUploadId();
    let store: BlobStore | undefined;
    try {
      await lease.holdContent([digest]);
      store = await this.#openStore();
      await store.createUpload(id);
      onFile?.(this.#layout.upload(id));
      await store.append(id, source, {
        offset: 0,
        length: size,
        algorithm: algorithmOf(digest),
        ...(signal === undefined ? {} : { signal }),
      });
      await store.commit(id, digest);
    } catch (error) {
      source.destroy();
      await store?.cancelUpload(id);
      throw error;
    }
  }

  async put(bytes: Uint8Array, options: WriteContentOptions): Promise<{ readonly digest: Digest; readonly size: number }> {
    const digest = `sha256:${hash('sha256', bytes)}`;
    if (!isDigest(digest)) throw new TypeError('Cannot happen: SHA-256 in hexadecimal is a digest');
    const named = { digest, size: bytes.length };
    await this.write(named, Readable.from([bytes], { objectMode: false }), options);
    return named;
  }

  async createFile(options: CreateFileOptions): Promise<ContentFile> {
    const { lease } = options;
    const id = lease.nextUploadId();
    const store = await this.#openStore();
    await store.createUpload(id);
    return {
      path: this.#layout.upload(id),
      commit: async (digest) => {
        await lease.holdContent([digest]);
        await store.commit(id, digest);
      },
      cancel: async () => {
        await store.cancelUpload(id);
      },
    };
  }

  async close(): Promise<void> {
    const store = this.#store;
    this.#store = undefined;
    await (await store)?.close();
  }

  /** Errors: CONTENT_MISSING; CONTENT_CORRUPT when the size differs. */
  async #openFile({ digest, size }: Named): Promise<FileHandle> {
    let handle: FileHandle;
    try {
      handle = await open(this.pathOf(digest), 'r');
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') throw error;
      throw engineError('CONTENT_MISSING', `Cannot read ${digest}: it is not on this machine`);
    }
    const found = await handle.stat();
    if (found.size === size) return handle;
    await handle.close();
    throw corrupt(digest, `it has ${found.size} bytes, not ${size}`);
  }

  #openStore(): Promise<BlobStore> {
    this.#store ??= this.#createStore();
    return this.#store;
  }

  async #createStore(): Promise<BlobStore> {
    const { openBlobStore } = await import('./open-blob-store.ts');
    const { folder, clock, logger, hashWorker } = this.#options;
    return await openBlobStore({ root: folder, clock, logger, ...(hashWorker === undefined ? {} : { hashWorker }) });
  }
}

function corrupt(digest: Digest, reason: string): Error {
  return engineError('CONTENT_CORRUPT', `Cannot read ${digest}: ${reason}`);
}
