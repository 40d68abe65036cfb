import { type Command, defineCommand } from '../command/command.ts';
import { completeWords } from '../command/complete-words.ts';
import { renderCompletion } from '../command/completion.ts';
import type { CommandGroup } from '../command/find-command.ts';
import { EXIT } from '../exit-code.ts';

/** What shells ask when somebody presses Tab: `slipway __complete -- WORDS…`, the last of them maybe empty. */
export function createCompleteCommand(root: CommandGroup): Command {
  return defineCommand({
    path: ['__complete'],
    summary: 'Print what may stand for the last word',
    usage: '-- [WORD...]',
    operands: { min: 0 },
    examples: ["slipway __complete -- image ''"],
    flags: {},
    async run(context, { operands }) {
      context.stdout.write(renderCompletion(await completeWords({ root, words: operands, context })));
      return EXIT.success;
    },
  });
}
