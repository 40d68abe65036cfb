import { type Command, defineCommand } from '../command/command.ts';
import { groupCandidates } from '../command/complete-words.ts';
import { type CommandGroup, findCommand } from '../command/find-command.ts';
import { renderCommandHelp, renderGroupHelp } from '../command/help.ts';
import { EXIT } from '../exit-code.ts';

/** `slipway help account add` is `slipway account add --help`. */
export function createHelpCommand(root: CommandGroup): Command {
  return defineCommand({
    path: ['help'],
    summary: 'Explain a command',
    usage: '[COMMAND...]',
    operands: { min: 0 },
    examples: ['slipway help', 'slipway help account add'],
    flags: {},
    async completes(_context, operands) {
      const found = await findCommand(root, operands);
      return found.kind === 'group' ? groupCandidates(found.group).map(({ word }) => word) : [];
    },
    async run(context, { operands }) {
      const found = await findCommand(root, operands);
      if (found.kind === 'command') context.stdout.write(renderCommandHelp(found.command));
      if (found.kind === 'group') context.stdout.write(renderGroupHelp(found.group));
      return EXIT.success;
    },
  });
}
