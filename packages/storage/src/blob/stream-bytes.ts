import { Readable } from 'node:stream';
import type { ByteSpan } from './byte-range.ts';
import type { ReadInto } from './send-bytes.ts';

export interface StreamBytesOptions {
  readonly read: ReadInto;
  readonly span: ByteSpan;
  /** Called before the first read: keeps what is read from open until the returned function is called. May throw. */
  readonly retain: () => () => void;
}

const CHUNK_BYTES = 256 * 1024;

/** A span of bytes as a stream of fresh chunks. A stream that is never read holds nothing. */
export function streamBytes(options: StreamBytesOptions): Readable {
  const { read, span } = options;
  const end = span.start + span.lengthBytes;
  let position = span.start;
  let release: (() => void) | undefined;
  let reading: Promise<unknown> = Promise.resolve();

  const readNext = async (): Promise<Buffer | null> => {
    if (position >= end) return null;
    release ??= options.retain();
    const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, end - position));
    await read(chunk, chunk.length, position);
    position += chunk.length;
    return chunk;
  };

  return new Readable({
    highWaterMark: CHUNK_BYTES,
    read() {
      reading = readNext().then(
        (chunk) => this.push(chunk),
        (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
      );
    },
    destroy(error, callback) {
      // A read under way still uses the descriptor: releasing it now could let another file take its number.
      void reading.finally(() => {
        release?.();
        callback(error);
      });
    },
  });
}
