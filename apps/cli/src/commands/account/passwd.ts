import { SERVER_FLAGS } from '../../api/server-flags.ts';
import { defineCommand } from '../../command/command.ts';
import { switchFlag } from '../../command/flag.ts';
import { EXIT } from '../../exit-code.ts';
import { readNewPassword } from './new-password.ts';

export const accountPasswdCommand = defineCommand({
  path: ['account', 'passwd'],
  summary: 'Change a password, which ends the tokens of the account',
  usage: 'NAME',
  operands: { min: 1, max: 1 },
  examples: ['slipway account passwd ann', 'slipway account passwd ann --server https://hub.example --username ann'],
  flags: { 'password-stdin': switchFlag('Take the new password from stdin'), ...SERVER_FLAGS },
  async run(context, { flags, operands: [name = ''] }) {
    const api = await context.openApi({ ...flags, 'password-stdin': false });
    const password = await readNewPassword(context, name, flags['password-stdin']);
    await api.call('changePassword', { name, body: { password } });
    context.stdout.write(`Changed the password of "${name}"\n`);
    return EXIT.success;
  },
});
