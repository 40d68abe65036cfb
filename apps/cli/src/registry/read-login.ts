import type { CliContext } from '../context.ts';
import { cliError } from '../errors.ts';
import { readSecretInput } from '../terminal/read-secret-input.ts';

/** What the command line says. */
export interface TypedLogin {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly fromStdin: boolean;
}

export interface ReadLoginOptions {
  /** The user name that Enter stands for. */
  readonly suggested: string | undefined;
  readonly isDockerHub: boolean;
}

const WARNING = 'WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n';
const HINT = 'Give --username and --password-stdin.';
const WELCOME = [
  'Log in with your Docker ID or email address to push and pull images from Docker Hub.',
  "If you don't have a Docker ID, head over to https://hub.docker.com/ to create one.\n",
].join(' ');

/** User name and password from flags, stdin or a person, refusals in docker's words. Throws USAGE, TERMINAL_NEEDED, CREDENTIALS_INCOMPLETE. */
export async function readLogin(
  context: Pick<CliContext, 'stdin' | 'stderr' | 'prompts' | 'signal'>,
  typed: TypedLogin,
  options: ReadLoginOptions,
): Promise<{ readonly username: string; readonly password: string }> {
  if (typed.password !== undefined) {
    context.stderr.write(WARNING);
    if (typed.fromStdin) throw cliError('USAGE', '--password and --password-stdin are mutually exclusive');
  }
  if (typed.fromStdin) {
    const username = (typed.username ?? '').trim();
    if (username === '') throw cliError('CREDENTIALS_INCOMPLETE', 'Must provide --username with --password-stdin');
    return { username, password: await readSecretInput(context.stdin, context.signal) };
  }
  const hasPassword = typed.password !== undefined && typed.password !== '';
  if (!hasPassword && context.stdin.isTTY !== true) {
    throw cliError('TERMINAL_NEEDED', 'Cannot perform an interactive login from a non TTY device', { hint: HINT });
  }
  const username = (typed.username ?? '').trim() || (await askUsername(context, options));
  if (username === '') throw cliError('CREDENTIALS_INCOMPLETE', 'Non-null Username Required');
  const password = hasPassword ? typed.password : await context.prompts.readSecret('Password', HINT);
  if (password === '') throw cliError('CREDENTIALS_INCOMPLETE', 'Password Required');
  return { username, password };
}

async function askUsername({ prompts, stderr }: Pick<CliContext, 'prompts' | 'stderr'>, options: ReadLoginOptions): Promise<string> {
  const { suggested = '', isDockerHub } = options;
  if (isDockerHub) stderr.write(WELCOME);
  const answer = await prompts.readLine(suggested === '' ? 'Username' : `Username (${suggested})`, HINT);
  return answer.trim() || suggested;
}
