/** Something that holds gathered bytes and can start writing them now. */
export interface Flushable {
  flush(): void;
}

/**
 * The one limit on bytes gathered in memory by all uploads together. Above it whoever sits idle on bytes is made to write them, so that
 * thousands of stalled uploads cost no more than a few busy ones.
 */
export class GatherBudget {
  readonly #limitBytes: number;
  readonly #idle = new Set<Flushable>();
  #usedBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** While true, batches are written at whatever size they have, and sources with a write under way pause. */
  get isExceeded(): boolean {
    return this.#usedBytes > this.#limitBytes;
  }

  add(sizeBytes: number): void {
    this.#usedBytes += sizeBytes;
    if (this.isExceeded) for (const holder of this.#idle) holder.flush();
  }

  remove(sizeBytes: number): void {
    this.#usedBytes -= sizeBytes;
  }

  /** `holder` has bytes and no write under way. */
  enroll(holder: Flushable): void {
    this.#idle.add(holder);
  }

  withdraw(holder: Flushable): void {
    this.#idle.delete(holder);
  }
}
