import type { Digest } from '../../digest.ts';
import { createDigester, type Digester } from '../digester.ts';

/** Digest and number of the bytes that pass. */
export class CountedDigest {
  readonly #digester: Digester = createDigester();
  #digest: Digest | undefined;
  sizeBytes = 0;

  update(bytes: Uint8Array): void {
    this.#digester.update(bytes);
    this.sizeBytes += bytes.length;
  }

  digest(): Digest {
    this.#digest ??= this.#digester.digest();
    return this.#digest;
  }

  async *tee<Bytes extends Uint8Array>(source: AsyncIterable<Bytes>): AsyncGenerator<Bytes, void, void> {
    for await (const chunk of source) {
      this.update(chunk);
      yield chunk;
    }
  }
}
