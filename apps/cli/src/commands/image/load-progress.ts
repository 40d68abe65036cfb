import type { LoadProgress } from '@slipway/engine/archives';
import type { CliContext } from '../../context.ts';
import { createTransferView } from '../../output/progress/create-transfer-view.ts';

export interface LoadProgressView extends Disposable {
  readonly onProgress: (event: LoadProgress) => void;
  /** A result: printed however quiet the command is. */
  say(line: string): void;
}

interface LoadProgressOptions {
  readonly isQuiet: boolean;
  /** Of the archive; undefined when it is piped in. */
  readonly totalBytes: number | undefined;
}

/** How far the archive is read, on terminals alone: a pipe gets the results. */
export function createLoadProgress(context: CliContext, { isQuiet, totalBytes }: LoadProgressOptions): LoadProgressView {
  const { stdout, clock } = context;
  const isShown = !isQuiet && stdout.isTTY === true && totalBytes !== undefined;
  const view = createTransferView({ output: stdout, clock, isQuiet: !isShown });
  return {
    onProgress({ doneBytes }) {
      if (totalBytes === undefined) return;
      view.update(
        'archive',
        doneBytes < totalBytes ? { kind: 'extracting', doneBytes, totalBytes } : { kind: 'note', text: 'Read', isDone: true },
      );
    },
    say(line) {
      if (isShown) view.say(line);
      else stdout.write(`${line}\n`);
    },
    [Symbol.dispose]: () => view[Symbol.dispose](),
  };
}
