import { SERVER_LOGIN_FLAGS } from '../../api/server-flags.ts';
import { defineCommand } from '../../command/command.ts';
import { switchFlag } from '../../command/flag.ts';
import { cliError } from '../../errors.ts';
import { EXIT } from '../../exit-code.ts';

export const accountRemoveCommand = defineCommand({
  path: ['account', 'remove'],
  summary: 'Remove an account and end its tokens; its repositories stay',
  usage: 'NAME',
  operands: { min: 1, max: 1 },
  examples: ['slipway account remove ann', 'slipway account remove ann --force'],
  flags: { force: switchFlag('Do not ask', { short: 'f' }), ...SERVER_LOGIN_FLAGS },
  async run(context, { flags, operands: [name = ''] }) {
    const api = await context.openApi(flags);
    if (!flags.force && !(await context.prompts.confirm(`Remove account "${name}"?`, 'Use --force to remove it without being asked.'))) {
      throw cliError('NOT_CONFIRMED', `Account "${name}" was not removed: you did not say yes`);
    }
    await api.call('removeAccount', { name });
    context.stdout.write(`Removed account "${name}"\n`);
    return EXIT.success;
  },
});
