import { PassThrough, Writable } from 'node:stream';

/** A stream that keeps what is written. */
export class CollectingStream extends Writable {
  readonly #chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}

/** A keyboard: notes whether the terminal's own echo was off. */
export class TestTerminal extends PassThrough {
  readonly isTTY = true;
  readonly rawModes: boolean[] = [];

  setRawMode(on: boolean): this {
    this.rawModes.push(on);
    return this;
  }
}
