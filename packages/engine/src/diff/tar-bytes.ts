/** Gathers an archive's bytes in one buffer, which is handed on when it is full, and used again afterwards. */
export class TarBytes {
  readonly #buffer: Buffer;
  #filled = 0;

  constructor(bufferBytes: number) {
    this.#buffer = Buffer.allocUnsafeSlow(bufferBytes);
  }

  get isFull(): boolean {
    return this.#filled === this.#buffer.length;
  }

  /** The free part of the buffer, never empty after `take`; `commit` says how much of it was filled. */
  room(): Buffer {
    return this.#buffer.subarray(this.#filled);
  }

  commit(bytes: number): void {
    this.#filled += bytes;
  }

  /** What was gathered since the last time: valid until something is added. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#filled);
    this.#filled = 0;
    return taken;
  }
}
