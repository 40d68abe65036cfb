import { join, relative, resolve } from 'node:path';
import { cliError } from '../errors.ts';
import type { Prompts } from '../terminal/prompts.ts';
import { readSecretInput } from '../terminal/read-secret-input.ts';
import type { InputStream } from '../terminal/streams.ts';
import { parseServerUrl } from './server-url.ts';

/** Values of the flags in `server-flags.ts`. */
export interface ServerFlags {
  readonly data: string | undefined;
  readonly server: string | undefined;
  readonly username: string | undefined;
  readonly insecure: boolean;
  readonly 'password-stdin'?: boolean;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Where requests go: to a server over the network, or to the owner's socket in the data folder. */
export type ServerAddress =
  | { readonly kind: 'url'; readonly url: URL; readonly credentials: Credentials | undefined }
  | { readonly kind: 'socket'; readonly path: string; readonly dataFolder: string };

export interface ServerSurroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: InputStream;
  readonly cwd: string;
  readonly checkout: string;
  readonly prompts: Prompts;
  readonly signal?: AbortSignal;
}

/** `--data` and `--server` win over the environment, `--server` over `--data`. Throws USAGE, CREDENTIALS_INCOMPLETE, TERMINAL_NEEDED. */
export async function resolveServer(flags: ServerFlags, surroundings: ServerSurroundings): Promise<ServerAddress> {
  const { environment } = surroundings;
  if (flags.server !== undefined && flags.data !== undefined) {
    throw cliError('USAGE', 'Cannot use both --server and --data: a server has an address or a folder');
  }
  const fromEnvironment = flags.data === undefined ? valueOf(environment['SLIPWAY_SERVER']) : undefined;
  const server = flags.server ?? fromEnvironment;
  if (server !== undefined) {
    const url = parseServerUrl(server, { insecure: flags.insecure });
    return { kind: 'url', url, credentials: await resolveCredentials(flags, url, surroundings) };
  }
  if (flags.username !== undefined || flags['password-stdin'] === true) {
    throw cliError('USAGE', 'Cannot log in without --server: the owner of the data folder needs no login');
  }
  const dataFolder = resolveDataFolder(flags.data, surroundings);
  return { kind: 'socket', path: socketPath(dataFolder, surroundings.cwd), dataFolder };
}

function resolveDataFolder(flag: string | undefined, { environment, cwd, checkout }: ServerSurroundings): string {
  const named = flag ?? valueOf(environment['SLIPWAY_DATA']);
  return named === undefined ? join(checkout, 'data') : resolve(cwd, named);
}

/** Relative where that is shorter: the kernel takes about a hundred bytes. */
function socketPath(dataFolder: string, cwd: string): string {
  const absolute = join(dataFolder, 'admin.sock');
  const near = relative(cwd, absolute);
  return near.length < absolute.length ? near : absolute;
}

async function resolveCredentials(flags: ServerFlags, url: URL, surroundings: ServerSurroundings): Promise<Credentials | undefined> {
  const { environment, prompts, stdin, signal } = surroundings;
  const username = flags.username ?? valueOf(environment['SLIPWAY_USERNAME']);
  if (username === undefined) {
    if (flags['password-stdin'] !== true && valueOf(environment['SLIPWAY_PASSWORD']) === undefined) return undefined;
    throw cliError('CREDENTIALS_INCOMPLETE', 'Cannot log in: there is a password, but no account name', {
      hint: 'Name the account with --username or SLIPWAY_USERNAME.',
    });
  }
  if (username.includes(':')) throw cliError('USAGE', 'Cannot log in: an account name has no colon');
  if (flags['password-stdin'] === true) return { username, password: await readSecretInput(stdin, signal) };
  const hint = 'Set SLIPWAY_PASSWORD, or use --password-stdin where the command has it.';
  const password = valueOf(environment['SLIPWAY_PASSWORD']) ?? (await prompts.readSecret(`Password of ${username} at ${url.host}`, hint));
  return { username, password };
}

/** A variable that is set to nothing is not set. */
function valueOf(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
