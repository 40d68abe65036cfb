import type { Clock } from '@slipway/base';
import { isBusy, stateBusy } from './sqlite-failure.ts';

export interface WaitForTurnOptions {
  readonly clock: Clock;
  /** For the message: `write the state`. */
  readonly doing: string;
  readonly signal?: AbortSignal | undefined;
}

const PATIENCE_MS = 30_000;
const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 50;
const A_DAY_MS = 86_400_000;

/** Tries until no other process stands in the way. SQLite's own waiting would stop the event loop. Errors: STATE_BUSY after 30 s; what `attempt` throws. */
export async function waitForTurn<T>(attempt: () => T, options: WaitForTurnOptions): Promise<T> {
  const { clock, doing, signal } = options;
  const startedAtMs = clock.monotonicMs();
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    signal?.throwIfAborted();
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (clock.monotonicMs() - startedAtMs > PATIENCE_MS) throw stateBusy(doing, error);
    }
    // At random, so that processes that wait for each other do not keep in step.
    await sleepAwake(clock, pauseMs * (0.5 + Math.random()), signal);
  }
}

/** The clock's timers do not keep a process alive, and a command that waits may have nothing else that does. */
async function sleepAwake(clock: Clock, delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  const awake = setInterval(() => undefined, A_DAY_MS);
  try {
    await clock.sleep(delayMs, signal === undefined ? {} : { signal });
  } finally {
    clearInterval(awake);
  }
}
