import type { Clock } from '@slipway/base';
import { toPrintableLine } from '../printable.ts';
import { type Layer, renderLayerLine } from './layer-line.ts';
import { renderLayerWindow } from './layer-window.ts';
import { LiveRegion, type SizedOutput } from './live-region.ts';
import { SpeedMeter } from './speed-meter.ts';
import { hasProgress, isFinal, type TransferState } from './transfer-state.ts';
import type { TransferView } from './transfer-view.ts';

const MIN_INTERVAL_MS = 66;
/** A stalled transfer gets slower on the screen although nothing happens. */
const IDLE_INTERVAL_MS = 1000;

interface TrackedLayer {
  readonly id: string;
  state: TransferState;
  speed: SpeedMeter;
}

/** Live lines: one a layer, drawn at most fifteen times a second. */
export class TerminalTransferView implements TransferView {
  readonly #output: SizedOutput;
  readonly #clock: Clock;
  readonly #region: LiveRegion;
  readonly #layers = new Map<string, TrackedLayer>();
  readonly #above: string[] = [];
  #drawnAtMs = Number.NEGATIVE_INFINITY;
  #timer: { readonly abort: AbortController; readonly isSoon: boolean } | undefined;
  #isClosed = false;

  constructor({ output, clock }: { readonly output: SizedOutput; readonly clock: Clock }) {
    this.#output = output;
    this.#clock = clock;
    this.#region = new LiveRegion(output);
    output.on('resize', this.#onChange);
  }

  say(line: string): void {
    if (this.#isClosed) return;
    if (this.#isAllFinal()) this.#settle();
    this.#above.push(toPrintableLine(line));
    if (this.#layers.size === 0) this.#draw();
    else this.#onChange();
  }

  update(id: string, state: TransferState): void {
    if (this.#isClosed) return;
    const layer = this.#layers.get(id) ?? { id, state, speed: new SpeedMeter() };
    this.#layers.set(id, layer);
    if (layer.state.kind !== state.kind) layer.speed = new SpeedMeter();
    layer.state = state;
    if (hasProgress(state)) layer.speed.note({ atMs: this.#clock.monotonicMs(), bytes: state.doneBytes });
    this.#onChange();
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#output.off('resize', this.#onChange);
    this.#settle();
    this.#isClosed = true;
  }

  readonly #onChange = (): void => {
    const wait = this.#drawnAtMs + MIN_INTERVAL_MS - this.#clock.monotonicMs();
    if (wait > 0 || this.#output.writableNeedDrain) this.#drawIn(Math.max(wait, 1), true);
    else this.#draw();
  };

  #isAllFinal(): boolean {
    return [...this.#layers.values()].every(({ state }) => isFinal(state));
  }

  /** The layers stay on the screen as they are, all of them, also those that had no room. */
  #settle(): void {
    this.#timer?.abort.abort();
    this.#timer = undefined;
    if (this.#layers.size === 0 && this.#above.length === 0) return;
    const { columns } = this.#region.size;
    const lines = this.#snapshot().map((layer) => renderLayerLine({ ...layer, speed: undefined }, columns));
    this.#region.draw(lines, this.#above.splice(0));
    this.#region.release();
    this.#layers.clear();
  }

  #draw(): void {
    this.#timer?.abort.abort();
    this.#timer = undefined;
    const layers = this.#snapshot();
    this.#region.draw(renderLayerWindow(layers, this.#region.size), this.#above.splice(0));
    this.#drawnAtMs = this.#clock.monotonicMs();
    if (layers.some(({ speed }) => speed !== undefined && speed > 0)) this.#drawIn(IDLE_INTERVAL_MS, false);
  }

  #snapshot(): readonly Layer[] {
    const nowMs = this.#clock.monotonicMs();
    return [...this.#layers.values()].map(({ id, state, speed }) => ({
      id,
      state,
      speed: state.kind === 'extracting' ? undefined : speed.speedAt(nowMs),
    }));
  }

  #drawIn(delayMs: number, isSoon: boolean): void {
    if (this.#timer?.isSoon === true) return;
    this.#timer?.abort.abort();
    const abort = new AbortController();
    this.#timer = { abort, isSoon };
    this.#clock.sleep(delayMs, { signal: abort.signal }).then(
      () => {
        if (abort.signal.aborted) return;
        this.#timer = undefined;
        this.#onChange();
      },
      // Somebody drew earlier, or the view is closed.
      () => undefined,
    );
  }
}
