import type { Clock } from '@slipway/base';
import type { OutputStream } from '../../terminal/streams.ts';
import type { TransferState } from './transfer-state.ts';

/** Where people see how a transfer goes. Whoever makes it disposes it, also after an error: `using view = createTransferView(…)`. */
export interface TransferView extends Disposable {
  /** A line of its own that stays, above layers that are on their way and below those that are done: `latest: Pulling from library/app`. */
  say(line: string): void;
  /** Sets the state of a layer; a new id adds a line at the end. The id is what people see, such as twelve digits of a digest. */
  update(id: string, state: TransferState): void;
}

export interface TransferViewOptions {
  readonly output: OutputStream;
  /** Nothing is written. */
  readonly isQuiet?: boolean;
  /** Live lines instead of one line a change of state; default: whether the output is a terminal. */
  readonly isTerminal?: boolean;
  readonly clock: Clock;
}
