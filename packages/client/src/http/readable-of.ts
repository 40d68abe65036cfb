import { Readable } from 'node:stream';

const BUFFER_BYTES = 1024 * 1024;

/**
 * The chunks as a stream. `close` is called when the stream is destroyed or has ended, and must end what the generator waits for:
 * `Readable.from` would wait for the next chunk first, which a stalled connection never brings, and leaves a generator that never ran alone.
 */
export function readableOf(chunks: AsyncGenerator<Buffer, void, void>, close: () => void): Readable {
  return new Readable({
    highWaterMark: BUFFER_BYTES,
    read() {
      chunks.next().then(
        (next) => this.push(next.done === true ? null : next.value),
        (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
      );
    },
    destroy(error, done) {
      close();
      done(error);
    },
  });
}
