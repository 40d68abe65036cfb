import type { Readable, Writable } from 'node:stream';
import type { Clock } from '@slipway/base';
import { storageError } from '../../errors.ts';
import type { ByteRange, OpenBlob, SendOptions } from '../blob-store.ts';
import { freshBuffers } from '../buffer-pool.ts';
import { resolveSpan } from '../byte-range.ts';
import { sendBytes } from '../send-bytes.ts';
import { streamBytes } from '../stream-bytes.ts';

/** The bytes of a blob as they were when it was opened. */
export class MemoryOpenBlob implements OpenBlob {
  readonly sizeBytes: number;
  readonly #bytes: Buffer;
  readonly #clock: Clock;
  #disposed = false;

  constructor(bytes: Buffer, clock: Clock) {
    this.sizeBytes = bytes.length;
    this.#bytes = bytes;
    this.#clock = clock;
  }

  async sendTo(target: Writable, options: SendOptions = {}): Promise<void> {
    const span = resolveSpan(options.range, this.sizeBytes);
    this.#retain();
    await sendBytes({ read: this.#read, span, target, pool: freshBuffers, clock: this.#clock, signal: options.signal });
  }

  stream(range?: ByteRange): Readable {
    const span = resolveSpan(range, this.sizeBytes);
    return streamBytes({ read: this.#read, span, retain: this.#retain });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
  }

  readonly #read = (buffer: Buffer, lengthBytes: number, position: number): void => {
    this.#bytes.copy(buffer, 0, position, position + lengthBytes);
  };

  readonly #retain = (): (() => void) => {
    if (this.#disposed) throw storageError('ECANCELED', 'Cannot read the blob: it was disposed already');
    return () => undefined;
  };
}
