import { layerError } from '../layer-errors.ts';
import { GzipHeader } from './gzip-header.ts';
import type { MemberInflater } from './member-inflater.ts';

/**
 * Inflates gzip of any number of members with `inflater`, and refuses what node:zlib refuses: zeros may follow the last member, nothing
 * else. A piece is valid until the next is asked for. Errors: COMPRESSION_INVALID; the source's own.
 */
export async function* gunzipMembers(source: AsyncIterable<Uint8Array>, inflater: MemberInflater): AsyncGenerator<Buffer, void, void> {
  const members = new GzipMembers(inflater);
  for await (const chunk of source) yield* members.inflate(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  members.end();
}

class GzipMembers {
  readonly #inflater: MemberInflater;
  #header = new GzipHeader();
  #place: 'header' | 'body' | 'behind-member' | 'padding' = 'header';

  constructor(inflater: MemberInflater) {
    this.#inflater = inflater;
  }

  *inflate(chunk: Buffer): Generator<Buffer, void, void> {
    let rest = chunk;
    while (rest.length > 0) {
      switch (this.#place) {
        case 'header':
          rest = this.#readHeader(rest);
          break;
        case 'body':
          rest = yield* this.#inflateBody(rest);
          break;
        case 'behind-member':
          this.#place = rest[0] === 0 ? 'padding' : 'header';
          break;
        case 'padding':
          if (rest.some((byte) => byte !== 0)) throw invalid('something follows the padding after the gzip data');
          return;
      }
    }
  }

  /** To be called after the last chunk. */
  end(): void {
    if (this.#place === 'header' || this.#place === 'body') throw invalid('the gzip data stops early');
  }

  #readHeader(bytes: Buffer): Buffer {
    const rest = bytes.subarray(this.#header.take(bytes));
    if (this.#header.isComplete) {
      this.#header = new GzipHeader();
      this.#inflater.begin();
      this.#place = 'body';
    }
    return rest;
  }

  /** Returns what follows the member. */
  *#inflateBody(bytes: Buffer): Generator<Buffer, Buffer, void> {
    for (let rest = bytes; ; ) {
      const { state, consumedBytes, output } = this.#inflater.inflate(rest);
      if (state === 'invalid') throw invalid('the gzip data is damaged');
      rest = rest.subarray(consumedBytes);
      if (output.length > 0) yield output;
      if (state === 'ended') this.#place = 'behind-member';
      if (state !== 'full') return rest;
    }
  }
}

function invalid(why: string): Error {
  return layerError('COMPRESSION_INVALID', `Cannot unpack the layer: ${why}`);
}
