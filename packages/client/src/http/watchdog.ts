import type { Clock } from '@slipway/base';

export interface WatchdogOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  onTimeout(): void;
}

/** Calls `onTimeout` once when nothing was heard for the timeout. Costs one timer however often it is touched. */
export class Watchdog {
  readonly #clock: Clock;
  readonly #onTimeout: () => void;
  readonly #stop = new AbortController();
  #timeoutMs: number;
  #heardMs: number;
  #isPaused = false;

  constructor(options: WatchdogOptions) {
    this.#clock = options.clock;
    this.#onTimeout = () => options.onTimeout();
    this.#timeoutMs = options.timeoutMs;
    this.#heardMs = options.clock.monotonicMs();
    void this.#watch();
  }

  /** Something moved: the timeout starts again. A longer one counts from now, a shorter one from the end of the present wait. */
  touch(timeoutMs: number = this.#timeoutMs): void {
    this.#timeoutMs = timeoutMs;
    this.#heardMs = this.#clock.monotonicMs();
    this.#isPaused = false;
  }

  /** The other side has nothing to do until the next `touch`. */
  pause(): void {
    this.#isPaused = true;
  }

  stop(): void {
    this.#stop.abort();
  }

  async #watch(): Promise<void> {
    try {
      for (;;) {
        const leftMs = this.#isPaused ? this.#timeoutMs : this.#heardMs + this.#timeoutMs - this.#clock.monotonicMs();
        if (leftMs <= 0) break;
        await this.#clock.sleep(leftMs, { signal: this.#stop.signal });
      }
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      throw error;
    }
    if (!this.#stop.signal.aborted) this.#onTimeout();
  }
}
