import { defineCommand } from '../command/command.ts';
import { renderBashCompletion } from '../command/completion.ts';
import { suggest } from '../command/suggest.ts';
import { cliError } from '../errors.ts';
import { EXIT } from '../exit-code.ts';

const SHELLS = ['bash'];

export const completionCommand = defineCommand({
  path: ['completion'],
  summary: "Print the shell's completion script",
  usage: 'SHELL',
  operands: { min: 1, max: 1 },
  description: 'Shells: bash. Commands, flags, and the names of images that are here are completed.',
  examples: ['source <(slipway completion bash)', 'slipway completion bash > /etc/bash_completion.d/slipway'],
  flags: {},
  completes: async () => SHELLS,
  async run(context, { operands: [shell = ''] }) {
    if (!SHELLS.includes(shell)) {
      const near = suggest(shell, SHELLS);
      const hint = near === undefined ? 'There is one for bash.' : `Did you mean ${near}?`;
      throw cliError('USAGE', `Cannot print a completion script for "${shell}"`, { hint });
    }
    context.stdout.write(renderBashCompletion());
    return EXIT.success;
  },
});
