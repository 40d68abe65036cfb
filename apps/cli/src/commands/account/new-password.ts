import type { CliContext } from '../../context.ts';
import { cliError } from '../../errors.ts';
import { readSecretInput } from '../../terminal/read-secret-input.ts';

const HINT = 'Pipe the password in with --password-stdin.';

/** The password an account shall have: from stdin, or typed twice. Throws PASSWORDS_DIFFER, TERMINAL_NEEDED, USAGE. */
export async function readNewPassword(context: CliContext, name: string, fromStdin: boolean): Promise<string> {
  if (fromStdin) return await readSecretInput(context.stdin, context.signal);
  const password = await context.prompts.readSecret(`New password of ${name}`, HINT);
  const again = await context.prompts.readSecret('The same again', HINT);
  if (password === again) return password;
  throw cliError('PASSWORDS_DIFFER', `Cannot set the password of "${name}": the two passwords differ`, {
    hint: 'Type the same password twice.',
  });
}
