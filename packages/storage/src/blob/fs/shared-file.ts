import { closeSync, read, readSync } from 'node:fs';
import { storageError } from '../../errors.ts';
import { storageFailure } from './storage-failure.ts';

/**
 * A read costs 2-5 µs on this thread when the page cache has the bytes, 50 µs and more by way of the thread pool. Up to this size even a
 * slow disk holds the event loop for one seek only; more goes through the pool.
 */
const SYNC_READ_BYTES = 64 * 1024;

/** An open file with several users. It is closed when the last one releases it, so that no read meets a descriptor that means another file. */
export class SharedFile {
  readonly #fd: number;
  readonly #subject: string;
  #users = 1;

  /** `subject` names the file in errors. */
  constructor(fd: number, subject: string) {
    this.#fd = fd;
    this.#subject = subject;
  }

  /** Throws ECANCELED once everybody has let go. */
  retain(): void {
    if (this.#users === 0) throw storageError('ECANCELED', `Cannot read ${this.#subject}: it was disposed already`);
    this.#users += 1;
  }

  release(): void {
    if (this.#users === 0) return;
    this.#users -= 1;
    if (this.#users === 0) closeSync(this.#fd);
  }

  /** Reads exactly that much; STORAGE_FAILED when the file has become shorter. On this thread when little is wanted. */
  readSmall(buffer: Buffer, lengthBytes: number, position: number): void | Promise<void> {
    if (lengthBytes > SYNC_READ_BYTES) return this.read(buffer, lengthBytes, position);
    try {
      for (let done = 0; done < lengthBytes; )
        done += this.#some(readSync(this.#fd, buffer, done, lengthBytes - done, position + done), position + done);
    } catch (error) {
      throw storageFailure(`read ${this.#subject}`, error);
    }
  }

  /** The same by way of the thread pool. */
  async read(buffer: Buffer, lengthBytes: number, position: number): Promise<void> {
    for (let done = 0; done < lengthBytes; )
      done += this.#some(await this.#readOnce(buffer.subarray(done, lengthBytes), position + done), position + done);
  }

  #readOnce(into: Buffer, position: number): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    read(this.#fd, into, 0, into.length, position, (error, bytesRead) => {
      if (error) reject(storageFailure(`read ${this.#subject}`, error));
      else resolve(bytesRead);
    });
    return promise;
  }

  #some(bytesRead: number, position: number): number {
    if (bytesRead > 0) return bytesRead;
    throw storageError('STORAGE_FAILED', `Cannot read ${this.#subject}: the file ends at byte ${position}, before its stated size`);
  }
}
