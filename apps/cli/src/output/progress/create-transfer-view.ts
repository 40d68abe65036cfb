import { PlainTransferView } from './plain-view.ts';
import { TerminalTransferView } from './terminal-view.ts';
import type { TransferView, TransferViewOptions } from './transfer-view.ts';

const QUIET_VIEW: TransferView = { say: () => undefined, update: () => undefined, [Symbol.dispose]: () => undefined };

/** Live lines on a terminal, docker's plain lines when piped, nothing when quiet. */
export function createTransferView(options: TransferViewOptions): TransferView {
  const { output, isQuiet = false, isTerminal = output.isTTY === true } = options;
  if (isQuiet) return QUIET_VIEW;
  return isTerminal ? new TerminalTransferView(options) : new PlainTransferView(output);
}
