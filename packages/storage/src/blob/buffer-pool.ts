/** Where a sender borrows its buffers. Exactly one of `give` and `drop` follows each `take`. */
export interface Buffers {
  /** A buffer to read into: as large as `wantedBytes` makes sense, often smaller, never empty. */
  take(wantedBytes: number): Buffer;
  /** Nobody looks at the buffer any more. */
  give(buffer: Buffer): void;
  /** Somebody might still look at the buffer: it is forgotten, not reused. */
  drop(buffer: Buffer): void;
}

export interface BufferPoolOptions {
  readonly largeBytes?: number;
  readonly largeLimit?: number;
  readonly smallBytes?: number;
  readonly smallLimit?: number;
}

/** What a sender gets when everything else is lent out: little enough that ten thousand stalled readers stay below 160 MiB. */
const LAST_RESORT_BYTES = 16 * 1024;

/**
 * Lends warm buffers and bounds what all senders hold together: 32 MiB in large buffers, 16 MiB in small ones, and beyond that a little
 * per sender, so that slow readers can use the pool up but nobody ever waits for it. Last given is first taken: it is still in the CPU's cache.
 */
export class BufferPool implements Buffers {
  readonly #large: Tier;
  readonly #small: Tier;

  constructor(options: BufferPoolOptions = {}) {
    this.#large = new Tier(options.largeBytes ?? 2 * 1024 * 1024, options.largeLimit ?? 16);
    this.#small = new Tier(options.smallBytes ?? 64 * 1024, options.smallLimit ?? 256);
  }

  /** Bytes lent out from the two tiers. */
  get lentBytes(): number {
    return this.#large.lentBytes + this.#small.lentBytes;
  }

  take(wantedBytes: number): Buffer {
    const large = wantedBytes > 2 * this.#small.sizeBytes ? this.#large.take() : undefined;
    return large ?? this.#small.take() ?? Buffer.allocUnsafeSlow(Math.min(Math.max(wantedBytes, 1), LAST_RESORT_BYTES));
  }

  give(buffer: Buffer): void {
    this.#tierOf(buffer)?.give(buffer);
  }

  drop(buffer: Buffer): void {
    this.#tierOf(buffer)?.drop();
  }

  #tierOf(buffer: Buffer): Tier | undefined {
    if (buffer.length === this.#large.sizeBytes) return this.#large;
    return buffer.length === this.#small.sizeBytes ? this.#small : undefined;
  }
}

/** Buffers that are used once: for targets that may keep what they were given. */
export const freshBuffers: Buffers = {
  take: (wantedBytes) => Buffer.allocUnsafeSlow(Math.min(Math.max(wantedBytes, 1), 64 * 1024)),
  give: () => undefined,
  drop: () => undefined,
};

class Tier {
  readonly sizeBytes: number;
  readonly #limit: number;
  readonly #free: Buffer[] = [];
  #lent = 0;

  constructor(sizeBytes: number, limit: number) {
    this.sizeBytes = sizeBytes;
    this.#limit = limit;
  }

  get lentBytes(): number {
    return this.#lent * this.sizeBytes;
  }

  take(): Buffer | undefined {
    if (this.#lent >= this.#limit) return undefined;
    this.#lent += 1;
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.sizeBytes);
  }

  give(buffer: Buffer): void {
    this.#lent -= 1;
    if (this.#free.length < this.#limit / 4) this.#free.push(buffer);
  }

  drop(): void {
    this.#lent -= 1;
  }
}
