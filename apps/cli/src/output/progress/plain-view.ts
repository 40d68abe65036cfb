import type { OutputStream } from '../../terminal/streams.ts';
import { toPrintableLine } from '../printable.ts';
import { describeState, hasProgress, isFinal, type TransferState } from './transfer-state.ts';
import type { TransferView } from './transfer-view.ts';

/** One line for each new state of a layer, as docker writes into pipes. States that move are left out. */
export class PlainTransferView implements TransferView {
  readonly #output: OutputStream;
  readonly #shown = new Map<string, TransferState>();

  constructor(output: OutputStream) {
    this.#output = output;
  }

  say(line: string): void {
    // The next image may have the same layers.
    if ([...this.#shown.values()].every(isFinal)) this.#shown.clear();
    this.#writeLine(line);
  }

  update(id: string, state: TransferState): void {
    const text = describeState(state);
    const shown = this.#shown.get(id);
    if (hasProgress(state) || (shown !== undefined && describeState(shown) === text)) return;
    this.#shown.set(id, state);
    this.#writeLine(`${id}: ${text}`);
  }

  [Symbol.dispose](): void {
    this.#shown.clear();
  }

  #writeLine(line: string): void {
    this.#output.write(`${toPrintableLine(line)}\n`);
  }
}
