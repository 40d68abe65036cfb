import type { Transform } from 'node:stream';
import { messageOf } from '@slipway/base';
import { layerError } from '../layer-errors.ts';

/** A stream of node:zlib; `bytesWritten` counts the input it has consumed. */
export interface ZlibStream extends Transform {
  readonly bytesWritten: number;
}

/** Feeds a decompressor piece by piece: each is wholly consumed before the next is written, so that what a stream left is known. */
export class ZlibFeed {
  readonly #stream: ZlibStream;
  #fed = 0;
  #isEnded = false;
  #isAbandoned = false;
  #wake: (() => void) | undefined;

  constructor(stream: ZlibStream) {
    this.#stream = stream;
    const wake = (): void => {
      this.#isEnded = true;
      this.#wake?.();
    };
    stream.once('end', wake);
    stream.once('close', wake);
  }

  /** Whether nobody reads the stream any more. */
  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  abandon(): void {
    this.#isAbandoned = true;
    this.#stream.destroy();
  }

  /** Resolves once the piece is consumed, with what the stream did not want because its data had ended before. Never rejects. */
  async write(piece: Buffer): Promise<Buffer> {
    if (this.#isEnded) return piece;
    this.#fed += piece.length;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      // Node does not call back when the stream ends within the piece; an error is told to the reader.
      this.#stream.write(piece, () => resolve());
    });
    return piece.subarray(piece.length - (this.#fed - this.#stream.bytesWritten));
  }

  /** Says that nothing follows; the stream then ends, or fails where its data is incomplete. */
  end(): void {
    this.#stream.end();
  }
}

/**
 * What comes out of `stream` while `feed` runs. What goes wrong in the stream becomes COMPRESSION_INVALID; what goes wrong in `feed` stays
 * what it is. When the reader leaves early, or the stream fails, `feed` is to stop at its next look at `isAbandoned`.
 */
export async function* readWhileFeeding(stream: ZlibStream, feed: (feeder: ZlibFeed) => Promise<void>): AsyncGenerator<Buffer, void, void> {
  const feeder = new ZlibFeed(stream);
  let feedError: { readonly error: unknown } | undefined;
  const feeding = feed(feeder).catch((error: unknown) => {
    feedError = { error };
    stream.destroy();
  });
  let isComplete = false;
  try {
    for await (const chunk of stream) yield chunk as Buffer;
    isComplete = true;
  } catch (error) {
    if (feedError === undefined) {
      throw layerError('COMPRESSION_INVALID', `Cannot unpack the layer: ${messageOf(error)}`, { cause: error });
    }
  } finally {
    if (!isComplete) feeder.abandon();
  }
  // What follows the end of the compressed data is for `feed` to judge.
  await feeding;
  stream.destroy();
  if (feedError !== undefined) throw feedError.error;
}
