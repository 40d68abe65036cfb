import type { Readable } from 'node:stream';
import type { Clock } from '@slipway/base';
import { algorithmOf, type Digest } from '@slipway/oci';
import { digestBytes } from '@slipway/oci/node';
import { storageError } from '../../errors.ts';
import { offsetMismatch, throwUnlessWhole } from '../append-outcome.ts';
import type { AppendOptions, BlobStat, BlobStore, CommitOutcome, OpenBlob, UploadStat } from '../blob-store.ts';
import { gather, hearing } from '../gather.ts';
import { GatherBudget } from '../gather-budget.ts';
import { isUploadId, uploadInvalid, uploadUnknown } from '../upload-id.ts';
import { UploadSessions } from '../upload-sessions.ts';
import { MemoryOpenBlob } from './memory-open-blob.ts';

export interface MemoryBlobStoreOptions {
  readonly clock: Clock;
}

interface StoredBlob {
  readonly bytes: Buffer;
  readonly storedAtMs: number;
}

interface Upload {
  readonly chunks: Buffer[];
  readonly stat: UploadStat;
}

/** A blob store that forgets everything with the process: for tests, and for caches that may start empty. */
export function createMemoryBlobStore(options: MemoryBlobStoreOptions): BlobStore {
  return new MemoryBlobStore(options.clock);
}

class MemoryBlobStore implements BlobStore {
  readonly #clock: Clock;
  readonly #blobs = new Map<Digest, StoredBlob>();
  readonly #uploads = new Map<string, Upload>();
  readonly #sessions = new UploadSessions();
  readonly #budget = new GatherBudget(Number.MAX_SAFE_INTEGER);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async stat(digest: Digest): Promise<BlobStat | undefined> {
    const blob = this.#blobs.get(digest);
    return blob && { sizeBytes: blob.bytes.length, storedAtMs: blob.storedAtMs };
  }

  async open(digest: Digest): Promise<OpenBlob | undefined> {
    const blob = this.#blobs.get(digest);
    return blob && new MemoryOpenBlob(blob.bytes, this.#clock);
  }

  async delete(digest: Digest): Promise<number> {
    const blob = this.#blobs.get(digest);
    this.#blobs.delete(digest);
    return blob?.bytes.length ?? 0;
  }

  async *walk(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<BlobStat & { readonly digest: Digest }> {
    for (const digest of this.#blobs.keys()) {
      options.signal?.throwIfAborted();
      const found = await this.stat(digest);
      if (found !== undefined) yield { ...found, digest };
    }
  }

  async quarantine(digest: Digest): Promise<void> {
    if (!this.#blobs.delete(digest)) throw storageError('BLOB_UNKNOWN', `Cannot set blob ${digest} aside: it is not stored`);
  }

  async createUpload(id: string): Promise<void> {
    if (!isUploadId(id)) throw uploadInvalid(id);
    if (this.#uploads.has(id)) throw storageError('UPLOAD_EXISTS', `Cannot create upload "${id}": there is one of that id`);
    this.#uploads.set(id, { chunks: [], stat: { sizeBytes: 0, updatedAtMs: this.#clock.now() } });
  }

  async statUpload(id: string): Promise<UploadStat | undefined> {
    return this.#uploads.get(id)?.stat;
  }

  async append(id: string, source: Readable, options: AppendOptions = {}): Promise<UploadStat> {
    return await hearing(source, () =>
      this.#sessions.run(id, (signal) => this.#append(id, source, { ...options, signal }), options.signal),
    );
  }

  async commit(id: string, digest: Digest): Promise<CommitOutcome> {
    return await this.#sessions.run(id, async (signal) => {
      signal.throwIfAborted();
      const bytes = Buffer.concat(this.#upload(id, 'commit').chunks);
      const actual = digestBytes(bytes, algorithmOf(digest));
      this.#uploads.delete(id);
      if (actual !== digest) {
        throw storageError('DIGEST_MISMATCH', `Cannot commit upload "${id}": content is ${actual} but ${digest} was declared`, {
          details: { actual },
        });
      }
      this.#blobs.set(digest, { bytes, storedAtMs: this.#clock.now() });
      return { sizeBytes: bytes.length };
    });
  }

  async cancelUpload(id: string): Promise<boolean> {
    return await this.#sessions.cancel(id, uploadUnknown(id, 'go on with'), async () => this.#uploads.delete(id));
  }

  async *walkUploads(): AsyncGenerator<UploadStat & { readonly id: string }> {
    for (const [id, { stat }] of this.#uploads) yield { ...stat, id };
  }

  async checkWritable(): Promise<void> {
    // Memory can always be written.
  }

  async close(): Promise<void> {
    await this.#sessions.close();
  }

  async #append(id: string, source: Readable, options: AppendOptions): Promise<UploadStat> {
    const { chunks, stat } = this.#upload(id, 'append to');
    let { sizeBytes } = stat;
    if (options.offset !== undefined && options.offset !== sizeBytes) throw offsetMismatch(id, options.offset, sizeBytes);
    const write = async (batch: readonly Uint8Array[], batchBytes: number): Promise<void> => {
      chunks.push(Buffer.concat(batch));
      sizeBytes += batchBytes;
      this.#uploads.set(id, { chunks, stat: { sizeBytes, updatedAtMs: this.#clock.now() } });
    };
    const end = await gather({ source, write, budget: this.#budget, maxBytes: options.length, signal: options.signal });
    throwUnlessWhole(id, end, options.length);
    return { sizeBytes, updatedAtMs: this.#clock.now() };
  }

  #upload(id: string, doing: string): Upload {
    const upload = this.#uploads.get(id);
    if (upload === undefined) throw uploadUnknown(id, doing);
    return upload;
  }
}
