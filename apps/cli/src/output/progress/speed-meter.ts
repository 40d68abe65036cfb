const WINDOW_MS = 3000;
const MIN_SPAN_MS = 500;

interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

/** How fast bytes came within the last seconds. */
export class SpeedMeter {
  #samples: Sample[] = [];

  /** `bytes` is the sum so far; when it goes back, measuring begins anew. */
  note(sample: Sample): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && sample.bytes < last.bytes) this.#samples = [];
    // Several samples of one moment say as much as the last one.
    if (last?.atMs === sample.atMs) this.#samples.pop();
    this.#samples.push(sample);
    this.#forget(sample.atMs);
  }

  /** Bytes a second; undefined until there is something to tell. */
  speedAt(nowMs: number): number | undefined {
    this.#forget(nowMs);
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || nowMs - first.atMs < MIN_SPAN_MS) return undefined;
    return ((last.bytes - first.bytes) * 1000) / (nowMs - first.atMs);
  }

  /** Keeps the last sample before the window: what came since counts. */
  #forget(nowMs: number): void {
    const start = this.#samples.findLastIndex(({ atMs }) => atMs <= nowMs - WINDOW_MS);
    if (start > 0) this.#samples.splice(0, start);
  }
}
