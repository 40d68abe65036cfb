/** Mutual exclusion per key, in this process, first come first served. Keys cost nothing when nobody holds them. */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `work` while holding `key`; the lock is released however `work` ends. Not reentrant. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#tails.set(key, promise);
    try {
      if (before !== undefined) await before;
      return await work();
    } finally {
      if (this.#tails.get(key) === promise) this.#tails.delete(key);
      resolve();
    }
  }

  /** Runs `work` if nobody holds or waits for `key`; else returns undefined without waiting. */
  async tryRun<T>(key: string, work: () => Promise<T>): Promise<{ readonly value: T } | undefined> {
    if (this.#tails.has(key)) return undefined;
    return { value: await this.run(key, work) };
  }
}
