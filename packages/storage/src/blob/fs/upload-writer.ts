import { ftruncate, writev } from 'node:fs';
import type { Logger } from '@slipway/base';
import type { Digester } from '@slipway/oci/node';
import { storageFailure } from './storage-failure.ts';

export interface UploadWriterOptions {
  readonly fd: number;
  readonly id: string;
  readonly offset: number;
  /** Stands at `offset`; absent when nobody has hashed the bytes before it. */
  readonly digester: Digester | undefined;
  readonly logger: Logger;
}

/** Appends batches to an upload's file and hashes them on the way. After a failed write the file ends where the last good batch did. */
export class UploadWriter {
  readonly #fd: number;
  readonly #id: string;
  readonly #digester: Digester | undefined;
  readonly #logger: Logger;
  #offset: number;

  constructor(options: UploadWriterOptions) {
    this.#fd = options.fd;
    this.#id = options.id;
    this.#offset = options.offset;
    this.#digester = options.digester;
    this.#logger = options.logger;
  }

  /** Where the last good batch ends. */
  get offset(): number {
    return this.#offset;
  }

  /** Throws STORAGE_* when the batch could not be written; the digester is then ahead of the file and useless. */
  readonly write = async (chunks: readonly Uint8Array[], sizeBytes: number): Promise<void> => {
    const writing = writeFully(this.#fd, chunks, sizeBytes, this.#offset);
    // Hashed here while a thread of the pool writes.
    if (this.#digester !== undefined) for (const chunk of chunks) this.#digester.update(chunk);
    try {
      await writing;
    } catch (error) {
      await this.#cutBack();
      throw storageFailure(`write to upload "${this.#id}"`, error);
    }
    this.#offset += sizeBytes;
  };

  async #cutBack(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    ftruncate(this.#fd, this.#offset, (error) => {
      if (error) this.#logger.error('cannot cut an upload back to its last good byte', { upload: this.#id, offset: this.#offset, error });
      resolve();
    });
    await promise;
  }
}

async function writeFully(fd: number, chunks: readonly Uint8Array[], sizeBytes: number, position: number): Promise<void> {
  let rest = chunks;
  for (let done = 0; done < sizeBytes; ) {
    const written = await writeOnce(fd, rest, position + done);
    if (written === 0) throw new Error(`the file took nothing at byte ${position + done}`);
    done += written;
    if (done < sizeBytes) rest = skip(rest, written);
  }
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
