import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '@slipway/base';

interface Sleeper {
  readonly wakeAtMs: number;
  readonly order: number;
  readonly wake: () => void;
}

/** A clock that stands still until told to advance. Sleepers wake in the order of their times, then of their arrival. */
export class FakeClock implements Clock {
  readonly #startMs: number;
  #elapsedMs = 0;
  #jumpMs = 0;
  #arrivals = 0;
  #sleepers: Sleeper[] = [];

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#startMs = startMs;
  }

  now(): number {
    return this.#startMs + this.#jumpMs + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  /** How many sleeps are pending. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  async sleep(delayMs: number, options?: { readonly signal?: AbortSignal }): Promise<void> {
    const signal = options?.signal;
    signal?.throwIfAborted();
    if (delayMs <= 0) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper: Sleeper = { wakeAtMs: this.#elapsedMs + delayMs, order: this.#arrivals++, wake: resolve };
    this.#sleepers.push(sleeper);
    const onAbort = () => {
      this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /**
   * Lets `durationMs` pass. Each sleeper sees its own wake time as the present, and what it starts (further sleeps included) runs
   * before time moves on.
   */
  async advance(durationMs: number): Promise<void> {
    const targetMs = this.#elapsedMs + durationMs;
    await nextTurn();
    for (let next = this.#nextUntil(targetMs); next !== undefined; next = this.#nextUntil(targetMs)) {
      const woken = next;
      this.#sleepers = this.#sleepers.filter((other) => other !== woken);
      this.#elapsedMs = woken.wakeAtMs;
      woken.wake();
      await nextTurn();
    }
    this.#elapsedMs = targetMs;
  }

  /** Moves the wall clock alone, forwards or back, as an administrator or NTP does. Sleepers do not notice. */
  jump(offsetMs: number): void {
    this.#jumpMs += offsetMs;
  }

  #nextUntil(limitMs: number): Sleeper | undefined {
    const due = this.#sleepers.filter((sleeper) => sleeper.wakeAtMs <= limitMs);
    return due.sort((a, b) => a.wakeAtMs - b.wakeAtMs || a.order - b.order)[0];
  }
}
