import { SERVER_FLAGS } from '../../api/server-flags.ts';
import { defineCommand } from '../../command/command.ts';
import { switchFlag } from '../../command/flag.ts';
import { EXIT } from '../../exit-code.ts';
import { toPrintableLine } from '../../output/printable.ts';
import { readNewPassword } from './new-password.ts';

export const accountAddCommand = defineCommand({
  path: ['account', 'add'],
  summary: 'Add an account, which owns the namespace of its name',
  usage: 'NAME',
  operands: { min: 1, max: 1 },
  examples: ['slipway account add ann', 'slipway account add ci --password-stdin < password-file'],
  flags: {
    admin: switchFlag('The account may do everything everywhere'),
    'password-stdin': switchFlag("Take the new account's password from stdin"),
    ...SERVER_FLAGS,
  },
  async run(context, { flags, operands: [name = ''] }) {
    const api = await context.openApi({ ...flags, 'password-stdin': false });
    const password = await readNewPassword(context, name, flags['password-stdin']);
    const account = await api.call('addAccount', { body: { name, password, administrator: flags.admin } });
    const role = account.administrator ? ' as administrator' : '';
    context.stdout.write(`Added account "${toPrintableLine(account.name)}"${role}\n`);
    return EXIT.success;
  },
});
