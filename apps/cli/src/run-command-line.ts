import { isAppError } from '@slipway/base';
import { findCommand } from './command/find-command.ts';
import { renderCommandHelp, renderGroupHelp } from './command/help.ts';
import { parseCommandLine } from './command/parse-flags.ts';
import { ROOT } from './commands/index.ts';
import type { CliContext } from './context.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { reportError } from './output/report-error.ts';

/** Runs what the words ask for and resolves to the exit code; says on stderr what went wrong. Never rejects. */
export async function runCommandLine(words: readonly string[], context: CliContext): Promise<number> {
  try {
    return await run(words, context);
  } catch (thrown) {
    const error = firstErrorOf(thrown);
    // Whoever pressed Ctrl-C knows why.
    if (context.signal.aborted || isAppError(error, 'INTERRUPTED')) return EXIT.interrupted;
    reportError(context, error);
    return exitCodeOf(error);
  }
}

async function run(words: readonly string[], context: CliContext): Promise<number> {
  const found = await findCommand(ROOT, words);
  switch (found.kind) {
    case 'group':
      context.stdout.write(renderGroupHelp(found.group));
      return EXIT.success;
    case 'version':
      return await run(['version'], context);
    case 'command': {
      const { command, rest } = found;
      const parsed = parseCommandLine(command, rest);
      if (parsed.kind === 'run') return await command.run(context, parsed);
      context.stdout.write(renderCommandHelp(command));
      return EXIT.success;
    }
  }
}

/** What went wrong before something else went wrong while it was cleaned up. */
function firstErrorOf(thrown: unknown): unknown {
  let error = thrown;
  while (error instanceof SuppressedError) error = error.suppressed;
  return error;
}
