import type { Clock } from '@slipway/base';

/** Sleeps at least this long are watchdogs: they end when a test trips them. */
export const WATCHDOG_MS = 1_000_000_000;

/** A clock whose short sleeps (between attempts) are over at once and remembered; its long ones never end on their own. */
export class ImpatientClock implements Clock {
  readonly sleeps: number[] = [];
  #elapsedMs = 0;
  #watchdogs: (() => void)[] = [];

  now(): number {
    return Date.UTC(2026, 0, 1) + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  async sleep(delayMs: number, options?: { readonly signal?: AbortSignal }): Promise<void> {
    options?.signal?.throwIfAborted();
    if (delayMs < WATCHDOG_MS / 2) {
      this.sleeps.push(delayMs);
      this.#elapsedMs += delayMs;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#watchdogs.push(resolve);
    options?.signal?.addEventListener('abort', () => reject(options.signal?.reason), { once: true });
    await promise;
  }

  pass(durationMs: number): void {
    this.#elapsedMs += durationMs;
  }

  /** Lets every transfer that waits now have waited too long. */
  tripWatchdogs(): void {
    this.#elapsedMs += WATCHDOG_MS * 2;
    for (const wake of this.#watchdogs.splice(0)) wake();
  }
}
