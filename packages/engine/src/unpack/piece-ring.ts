const SLOT_BYTES = 256 * 1024;
const SLOTS = 6;
const CONSUMED = 0;
const STOPPED = 1;

/** Memory of both threads: pieces are written into its slots by turns. */
export interface SharedRing {
  readonly slots: SharedArrayBuffer;
  /** How many pieces were consumed, and whether no more are wanted. */
  readonly state: SharedArrayBuffer;
}

export function createSharedRing(): SharedRing {
  return { slots: new SharedArrayBuffer(SLOT_BYTES * SLOTS), state: new SharedArrayBuffer(8) };
}

/** Both sides of a new ring; the reader of another thread is to be made from `ring`. */
export function createRingPair(post: (lengthBytes: number) => void): {
  readonly ring: SharedRing;
  readonly writer: RingWriter;
  readonly reader: RingReader;
} {
  const ring = createSharedRing();
  return { ring, writer: new RingWriter(ring, post), reader: new RingReader(ring) };
}

/** The side that writes: it may block its thread until there is room. */
export class RingWriter {
  readonly #slots: Buffer;
  readonly #state: Int32Array;
  readonly #post: (lengthBytes: number) => void;
  #sequence = 0;
  #filled = 0;

  /** `post` tells the other side that the next slot holds this many bytes. */
  constructor({ slots, state }: SharedRing, post: (lengthBytes: number) => void) {
    this.#slots = Buffer.from(slots);
    this.#state = new Int32Array(state);
    this.#post = post;
  }

  /** Copies the bytes; small pieces travel together. Throws once the reader stopped. */
  write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#filled === 0) this.#waitForSlot();
      const start = (this.#sequence % SLOTS) * SLOT_BYTES;
      const taken = bytes.copy(this.#slots, start + this.#filled, at, at + SLOT_BYTES - this.#filled);
      at += taken;
      this.#filled += taken;
      if (this.#filled === SLOT_BYTES) this.flush();
    }
  }

  /** As `write`, but leaves the thread to others while there is no room. */
  async writeWhenFree(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; at += SLOT_BYTES) {
      await this.#slotsFree();
      this.write(bytes.subarray(at, at + SLOT_BYTES));
    }
  }

  get isStopped(): boolean {
    return Atomics.load(this.#state, STOPPED) !== 0;
  }

  flush(): void {
    if (this.#filled === 0) return;
    this.#post(this.#filled);
    this.#sequence++;
    this.#filled = 0;
  }

  /** As many as one slot's bytes may touch. */
  async #slotsFree(): Promise<void> {
    for (;;) {
      const consumed = this.#consumed();
      if (this.#sequence - consumed < SLOTS - 1) return;
      const { async: isWaiting, value } = Atomics.waitAsync(this.#state, CONSUMED, consumed);
      if (isWaiting) await value;
    }
  }

  #waitForSlot(): void {
    for (;;) {
      const consumed = this.#consumed();
      if (this.#sequence - consumed < SLOTS) return;
      Atomics.wait(this.#state, CONSUMED, consumed);
    }
  }

  /** Read before the other one: a reader that stops from here on has changed the number that is waited for. */
  #consumed(): number {
    const consumed = Atomics.load(this.#state, CONSUMED);
    if (this.isStopped) throw new Error('The layer is not wanted any more');
    return consumed;
  }
}

/** The side that reads, told by messages: it never blocks. */
export class RingReader {
  readonly #slots: Buffer;
  readonly #state: Int32Array;
  #sequence = 0;

  constructor({ slots, state }: SharedRing) {
    this.#slots = Buffer.from(slots);
    this.#state = new Int32Array(state);
  }

  /** The piece is valid during the call. */
  take(lengthBytes: number, use: (piece: Buffer) => void): void {
    const start = (this.#sequence++ % SLOTS) * SLOT_BYTES;
    try {
      use(this.#slots.subarray(start, start + lengthBytes));
    } finally {
      Atomics.add(this.#state, CONSUMED, 1);
      Atomics.notify(this.#state, CONSUMED);
    }
  }

  /** Lets a writer that waits go on, to nothing. */
  stop(): void {
    Atomics.store(this.#state, STOPPED, 1);
    Atomics.add(this.#state, CONSUMED, 1);
    Atomics.notify(this.#state, CONSUMED);
  }
}
