/** Memory that two threads see. */
export interface SharedBatch {
  readonly memory: SharedArrayBuffer;
  /** The same memory, for writing files. */
  readonly bytes: Buffer;
}

const BATCH_BYTES = 1024 * 1024;
const MAX_BATCHES = 8;

/** Lends out a bounded number of shared batches; who finds none waits in order. A borrower needs it for one write and one hash, so nobody waits long. */
export class SharedBatches {
  readonly #free: SharedBatch[] = [];
  readonly #waiting: ((batch: SharedBatch) => void)[] = [];
  #made = 0;

  async take(): Promise<SharedBatch> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#made < MAX_BATCHES) {
      this.#made += 1;
      const memory = new SharedArrayBuffer(BATCH_BYTES);
      return { memory, bytes: Buffer.from(memory) };
    }
    return await new Promise<SharedBatch>((resolve) => this.#waiting.push(resolve));
  }

  give(batch: SharedBatch): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(batch);
    else next(batch);
  }
}
