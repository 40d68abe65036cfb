import { fdatasync, ftruncate, ftruncateSync, writev } from 'node:fs';
import type { Logger } from '@slipway/base';
import type { DigestAlgorithm } from '@slipway/oci';
import type { HashThread, ThreadDigest } from '../hashing/hash-thread.ts';
import type { SharedBatches } from '../hashing/shared-batches.ts';
import type { UploadDigest } from './running-digests.ts';
import { storageFailure } from './storage-failure.ts';

/** Where large uploads are hashed beside the event loop. */
export interface Hashing {
  readonly thread: HashThread;
  readonly batches: SharedBatches;
}

export interface UploadWriterOptions {
  readonly fd: number;
  readonly id: string;
  readonly offset: number;
  readonly algorithm: DigestAlgorithm;
  /** Stands at `offset`; absent when nobody has hashed the bytes before it. */
  readonly digest: UploadDigest | undefined;
  /** Absent where there is no other thread to hash on. */
  readonly hashing: Hashing | undefined;
  /** Whether nobody else looks at a chunk once it is written. */
  readonly ownsChunks: boolean;
  readonly logger: Logger;
}

/** A first batch of this size promises more: smaller uploads are hashed before a thread has woken up. */
const THREAD_FROM_BYTES = 512 * 1024;

/** The disk begins to work while bytes still arrive, so that the commit's fsync finds little left to do. */
const SYNC_EVERY_BYTES = 64 * 1024 * 1024;

/** Appends batches to an upload's file and hashes them on the way. After a failed write the file ends where the last good batch did. */
export class UploadWriter {
  readonly #options: UploadWriterOptions;
  #digest: UploadDigest | undefined;
  #offset: number;
  #unsyncedBytes = 0;
  #syncing: Promise<void> | undefined;
  #syncError: unknown;

  constructor(options: UploadWriterOptions) {
    this.#options = options;
    this.#digest = options.digest;
    this.#offset = options.offset;
  }

  /** Where the last good batch ends. */
  get offset(): number {
    return this.#offset;
  }

  /** The digest of the bytes before `offset`, if it was kept. */
  get digest(): UploadDigest | undefined {
    return this.#digest;
  }

  /** Throws STORAGE_* when the batch could not be written; the digest is then ahead of the file and useless. */
  readonly write = async (chunks: readonly Uint8Array[], sizeBytes: number): Promise<void> => {
    try {
      const state = this.#chooseThread(sizeBytes);
      if (state === undefined) await this.#writeHere(chunks, sizeBytes);
      else await this.#writeShared(chunks, state);
    } catch (error) {
      await this.#cutBack();
      throw storageFailure(`write to upload "${this.#options.id}"`, error);
    }
    if (this.#options.ownsChunks) for (const chunk of chunks) letGo(chunk);
    this.#offset += sizeBytes;
    this.#syncSometimes(sizeBytes);
  };

  /** Resolves when the file may be closed. Throws STORAGE_* when bytes did not reach the disk: then the upload is empty. */
  async settle(): Promise<void> {
    await this.#syncing;
    if (this.#syncError === undefined) return;
    // Linux drops pages it failed to write and reports that once: a later fsync would succeed over lost bytes.
    ftruncateSync(this.#options.fd, 0);
    throw storageFailure(`write to upload "${this.#options.id}"`, this.#syncError);
  }

  #chooseThread(sizeBytes: number) {
    const { algorithm, hashing } = this.#options;
    if (hashing === undefined) return undefined;
    if (this.#digest?.kind === 'here' && this.#offset === 0 && sizeBytes >= THREAD_FROM_BYTES) {
      this.#digest = { kind: 'thread', digest: hashing.thread.begin(algorithm) };
    }
    return this.#digest?.kind === 'thread' ? { hashing, digest: this.#digest.digest } : undefined;
  }

  async #writeHere(chunks: readonly Uint8Array[], sizeBytes: number): Promise<void> {
    const writing = writeFully(this.#options.fd, { chunks, sizeBytes, position: this.#offset });
    // Hashed here while a thread of the pool writes.
    if (this.#digest?.kind === 'here') for (const chunk of chunks) this.#digest.digester.update(chunk);
    await writing;
  }

  /** One copy into memory that a thread of the pool writes from while the hashing thread reads it. */
  async #writeShared(chunks: readonly Uint8Array[], { hashing, digest }: { hashing: Hashing; digest: ThreadDigest }): Promise<void> {
    let rest = chunks;
    let position = this.#offset;
    while (rest.length > 0) {
      const batch = await hashing.batches.take();
      try {
        const lengthBytes = fill(batch.bytes, rest);
        const hashed = digest.update(batch.memory, lengthBytes);
        const written = writeFully(this.#options.fd, { chunks: [batch.bytes.subarray(0, lengthBytes)], sizeBytes: lengthBytes, position });
        // Both have to let go of the memory, whatever became of the other.
        await Promise.allSettled([written, hashed]);
        await written;
        rest = skip(rest, lengthBytes);
        position += lengthBytes;
      } finally {
        hashing.batches.give(batch);
      }
    }
  }

  #syncSometimes(sizeBytes: number): void {
    this.#unsyncedBytes += sizeBytes;
    if (this.#unsyncedBytes < SYNC_EVERY_BYTES || this.#syncing !== undefined) return;
    this.#unsyncedBytes = 0;
    this.#syncing = syncData(this.#options.fd)
      .catch((error: unknown) => {
        this.#options.logger.error('cannot force an upload to disk; its bytes are discarded', { upload: this.#options.id, error });
        this.#syncError = error;
      })
      .finally(() => {
        this.#syncing = undefined;
      });
  }

  async #cutBack(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { fd, id, logger } = this.#options;
    ftruncate(fd, this.#offset, (error) => {
      if (error) logger.error('cannot cut an upload back to its last good byte', { upload: id, offset: this.#offset, error });
      resolve();
    });
    await promise;
  }
}

interface Piece {
  readonly chunks: readonly Uint8Array[];
  readonly sizeBytes: number;
  /** Where in the file it goes. */
  readonly position: number;
}

async function writeFully(fd: number, { chunks, sizeBytes, position }: Piece): Promise<void> {
  let rest = chunks;
  for (let done = 0; done < sizeBytes; ) {
    const written = await writeOnce(fd, rest, position + done);
    if (written === 0) throw new Error(`the file took nothing at byte ${position + done}`);
    done += written;
    if (done < sizeBytes) rest = skip(rest, written);
  }
}

/**
 * Frees a chunk's memory now: the garbage collector counts memory outside its heap and would mark everything for every 64 MB that arrive,
 * half of what an upload costs.
 */
function letGo(chunk: Uint8Array): void {
  const { buffer } = chunk;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === chunk.byteLength) buffer.transfer(0);
}

/** Copies as much of the chunks as fits; returns how much that was. */
function fill(target: Buffer, chunks: readonly Uint8Array[]): number {
  let filled = 0;
  for (const chunk of chunks) {
    const fitting = chunk.length > target.length - filled ? chunk.subarray(0, target.length - filled) : chunk;
    target.set(fitting, filled);
    filled += fitting.length;
    if (fitting.length < chunk.length) break;
  }
  return filled;
}

function syncData(fd: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  fdatasync(fd, (error) => {
    if (error) reject(error);
    else resolve();
  });
  return promise;
}

function writeOnce(fd: number, chunks: readonly Uint8Array[], position: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  writev(fd, chunks, position, (error, bytesWritten) => {
    if (error) reject(error);
    else resolve(bytesWritten);
  });
  return promise;
}

/** What is left of the chunks after a short write: a disk that fills up takes a part first, and refuses the next call. */
function skip(chunks: readonly Uint8Array[], sizeBytes: number): Uint8Array[] {
  const rest: Uint8Array[] = [];
  let skipped = 0;
  for (const chunk of chunks) {
    const cut = Math.min(chunk.length, sizeBytes - skipped);
    skipped += cut;
    if (cut < chunk.length) rest.push(chunk.subarray(cut));
  }
  return rest;
}
