import type { Readable, Writable } from 'node:stream';
import type { Clock } from '@slipway/base';
import type { ByteRange, OpenBlob, SendOptions } from '../blob-store.ts';
import type { Buffers } from '../buffer-pool.ts';
import { resolveSpan } from '../byte-range.ts';
import { sendBytes } from '../send-bytes.ts';
import { streamBytes } from '../stream-bytes.ts';
import type { SharedFile } from './shared-file.ts';

const SINGLE_READ_BYTES = 64 * 1024;

export interface FsOpenBlobOptions {
  readonly file: SharedFile;
  readonly sizeBytes: number;
  readonly pool: Buffers;
  readonly clock: Clock;
}

/** A blob held by its descriptor. Transfers under way keep the file open past its disposal and end as they would have. */
export class FsOpenBlob implements OpenBlob {
  readonly sizeBytes: number;
  readonly #file: SharedFile;
  readonly #pool: Buffers;
  readonly #clock: Clock;

  constructor(options: FsOpenBlobOptions) {
    this.sizeBytes = options.sizeBytes;
    this.#file = options.file;
    this.#pool = options.pool;
    this.#clock = options.clock;
  }

  async sendTo(target: Writable, options: SendOptions = {}): Promise<void> {
    const file = this.#file;
    const span = resolveSpan(options.range, this.sizeBytes);
    const read = span.lengthBytes <= SINGLE_READ_BYTES ? file.readSmall.bind(file) : file.read.bind(file);
    file.retain();
    try {
      await sendBytes({ read, span, target, pool: this.#pool, clock: this.#clock, signal: options.signal });
    } finally {
      file.release();
    }
  }

  stream(range?: ByteRange): Readable {
    const file = this.#file;
    return streamBytes({
      span: resolveSpan(range, this.sizeBytes),
      read: file.read.bind(file),
      retain: () => {
        file.retain();
        return () => file.release();
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#file.release();
  }
}
