import type { Clock } from '@slipway/base';

export interface FakeClock extends Clock {
  /** How long `sleep` was asked for in all. */
  readonly sleptMs: number;
  advance(byMs: number): void;
}

/** A clock that stands still; who sleeps moves it. */
export function createFakeClock(startMs = Date.parse('2026-01-01T00:00:00Z')): FakeClock {
  let elapsedMs = 0;
  let sleptMs = 0;
  return {
    get sleptMs() {
      return sleptMs;
    },
    now: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    async sleep(delayMs) {
      sleptMs += delayMs;
      elapsedMs += delayMs;
    },
    advance(byMs) {
      elapsedMs += byMs;
    },
  };
}
