import { type FileHandle, open, unlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { type Clock, type Logger, SingleFlight, silentLogger } from '@slipway/base';
import type { Digest } from '@slipway/oci';
import type { AppendOptions, BlobStat, BlobStore, CommitOutcome, OpenBlob, UploadStat } from '../blob-store.ts';
import { GatherBudget } from '../gather-budget.ts';
import { HashThread } from '../hashing/hash-thread.ts';
import { SharedBatches } from '../hashing/shared-batches.ts';
import { FsBlobs } from './fs-blobs.ts';
import { FsUploads } from './fs-uploads.ts';
import { Layout } from './layout.ts';
import { storageFailure } from './storage-failure.ts';
import type { Hashing } from './upload-writer.ts';

export interface FsBlobStoreOptions {
  /**
   * The data folder; made when it is not there. Several processes may use it at once if their upload ids differ; a blob is then seen by the
   * others a moment before it is durable.
   */
  readonly root: string;
  readonly clock: Clock;
  readonly logger?: Logger;
  /** The application's worker file, which calls `serveHashing`: large uploads are then hashed beside the event loop. */
  readonly hashWorker?: URL;
}

const GATHER_BYTES = 48 * 1024 * 1024;

/** Opens a blob store in a folder of a local filesystem. Resolves once every folder it needs is there, durably. Errors: STORAGE_*. */
export async function createFsBlobStore(options: FsBlobStoreOptions): Promise<BlobStore> {
  const root = resolve(options.root);
  const layout = new Layout(root);
  try {
    await layout.prepare();
  } catch (error) {
    throw storageFailure(`open the data folder ${JSON.stringify(root)}`, error);
  }
  const { clock, hashWorker, logger = silentLogger } = options;
  const hashing = hashWorker && { thread: new HashThread(hashWorker), batches: new SharedBatches() };
  return new FsBlobStore({ layout, clock, logger, hashing });
}

interface FsStoreParts {
  readonly layout: Layout;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hashing: Hashing | undefined;
}

class FsBlobStore implements BlobStore {
  readonly #layout: Layout;
  readonly #blobs: FsBlobs;
  readonly #uploads: FsUploads;
  readonly #probes = new SingleFlight<void>();

  constructor(parts: FsStoreParts) {
    this.#layout = parts.layout;
    this.#blobs = new FsBlobs(parts);
    this.#uploads = new FsUploads({ ...parts, budget: new GatherBudget(GATHER_BYTES) });
  }

  async stat(digest: Digest): Promise<BlobStat | undefined> {
    return await this.#blobs.stat(digest);
  }

  async open(digest: Digest): Promise<OpenBlob | undefined> {
    return await this.#blobs.open(digest);
  }

  async delete(digest: Digest): Promise<number> {
    return await this.#blobs.delete(digest);
  }

  walk(options?: { readonly signal?: AbortSignal }): AsyncIterable<BlobStat & { readonly digest: Digest }> {
    return this.#blobs.walk(options);
  }

  async quarantine(digest: Digest): Promise<void> {
    await this.#blobs.quarantine(digest);
  }

  async createUpload(id: string): Promise<void> {
    await this.#uploads.create(id);
  }

  async statUpload(id: string): Promise<UploadStat | undefined> {
    return await this.#uploads.stat(id);
  }

  async append(id: string, source: Readable, options: AppendOptions = {}): Promise<UploadStat> {
    return await this.#uploads.append(id, source, options);
  }

  async commit(id: string, digest: Digest): Promise<CommitOutcome> {
    return await this.#uploads.commit(id, digest, (path) => this.#blobs.publish(path, digest));
  }

  async cancelUpload(id: string): Promise<boolean> {
    return await this.#uploads.cancel(id);
  }

  walkUploads(): AsyncIterable<UploadStat & { readonly id: string }> {
    return this.#uploads.walk();
  }

  async checkWritable(): Promise<void> {
    await this.#probes.run('probe', () => this.#probe());
  }

  async close(): Promise<void> {
    await this.#uploads.close();
  }

  async #probe(): Promise<void> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(this.#layout.probe, 'w', 0o600);
      await handle.write(Buffer.alloc(4096, 1));
      await handle.close();
      handle = undefined;
      await unlink(this.#layout.probe);
    } catch (error) {
      await handle?.close();
      await unlink(this.#layout.probe).catch(() => undefined);
      throw storageFailure('write to the data folder', error);
    }
  }
}
