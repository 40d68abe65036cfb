import { createInterface } from 'node:readline';
import type { CliContext } from '../../context.ts';
import { cliError } from '../../errors.ts';

const QUESTION = 'Are you sure you want to continue?';
const YES = /^\s*y(es)?\s*$/i;

/** Warns and asks; the answer may be piped in, as in `echo y | slipway image prune`. Throws NOT_CONFIRMED for anything but y or yes. */
export async function confirmPrune(context: CliContext, warning: string): Promise<void> {
  context.stderr.write(`WARNING! ${warning}\n`);
  const isSure = context.stdin.isTTY === true ? await context.prompts.confirm(QUESTION, 'Use --force.') : await readAnswer(context);
  if (!isSure)
    throw cliError('NOT_CONFIRMED', 'Nothing was removed: you did not say yes', { hint: 'Use --force to remove without being asked.' });
}

async function readAnswer({ stdin, stderr, signal }: CliContext): Promise<boolean> {
  stderr.write(`${QUESTION} [y/N]: `);
  const lines = createInterface({ input: stdin, signal });
  try {
    for await (const line of lines) return YES.test(line);
    signal.throwIfAborted();
    return false;
  } finally {
    lines.close();
    stderr.write('\n');
  }
}
