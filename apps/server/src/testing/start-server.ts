import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openTempFolder } from '@slipway/testkit';

export interface StartServerOptions {
  /** The data folder; a new one, removed at the end, when absent. */
  readonly data?: string;
  /** Made up by the server when `undefined` is given. */
  readonly adminPassword?: string | undefined;
  readonly listen?: string;
  readonly flags?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** A program and its arguments that run the server, such as a tracer. */
  readonly under?: readonly string[];
}

export interface ServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A server in a process of its own. Disposing it kills what still runs and removes its data folder, if that was made for it. */
export interface ServerProcess extends AsyncDisposable {
  /** As the server printed it. */
  readonly origin: string;
  readonly port: number;
  readonly adminPassword: string;
  readonly data: string;
  readonly pid: number;
  readonly exited: Promise<ServerExit>;
  /** Both streams, as far as written. */
  output(): string;
  /** The access log's lines. */
  accessLog(): readonly Readonly<Record<string, unknown>>[];
  kill(signal: NodeJS.Signals): void;
  /** Sends the signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<ServerExit>;
}

const ENTRY = fileURLToPath(new URL('./serve-process.ts', import.meta.url));
const START_TIMEOUT_MS = 20_000;
// The server ends with this process, also when that is killed; setpriv execs, so the process id stays the server's.
const SETPRIV = '/usr/bin/setpriv';

/** Starts a server on a free port of loopback; resolves once it says where it listens. Rejects with its output when it ends before. */
export async function startServer(options: StartServerOptions = {}): Promise<ServerProcess> {
  const scratch = await openTempFolder('slipway-server-');
  const data = options.data ?? join(scratch.path, 'data');
  const adminPassword = 'adminPassword' in options ? options.adminPassword : randomBytes(12).toString('base64url');
  const child = spawnServer({ ...options, data, adminPassword });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const exited = (async (): Promise<ServerExit> => {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return { code, signal };
  })();
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<ServerExit> => {
    child.kill(signal);
    return await exited;
  };
  const dispose = async (): Promise<void> => {
    await stop('SIGKILL');
    await scratch[Symbol.asyncDispose]();
  };
  try {
    const address = await waitUntil(() => /listens on (https?:\/\/\S+:(\d+))\n/.exec(output) ?? endOf(child, output));
    return {
      origin: address[1] ?? '',
      port: Number(address[2]),
      adminPassword: adminPassword ?? '',
      data,
      pid: child.pid ?? 0,
      exited,
      output: () => output,
      accessLog: () => accessLinesOf(output),
      kill: (signal) => void child.kill(signal),
      stop,
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Polls until there is something. Rejects when that takes too long. */
export async function waitUntil<T>(probe: () => T | undefined | Promise<T | undefined>, timeoutMs = START_TIMEOUT_MS): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    await delay(10);
  }
  throw new Error(`Nothing came of ${String(probe)} in ${timeoutMs} ms`);
}

type Spawned = Omit<StartServerOptions, 'data'> & { readonly data: string };

function spawnServer({ data, adminPassword, listen = '127.0.0.1:0', flags = {}, environment = {}, under = [] }: Spawned) {
  const words = Object.entries({ listen, data, ...flags }).flatMap(([name, value]) => [`--${name}`, value]);
  const server = [process.execPath, '--disable-warning=ExperimentalWarning', ENTRY, ...words];
  const guard = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', '--'] : [];
  const [command = process.execPath, ...args] = [...guard, ...(under.length === 0 ? [] : [...under, ...guard]), ...server];
  const inherited = Object.entries(process.env).filter(([name]) => !/^(?:SLIPWAY_|NODE_OPTIONS|VITEST)/.test(name));
  return spawn(command, args, {
    env: {
      ...Object.fromEntries(inherited),
      UV_THREADPOOL_SIZE: '16',
      ...(adminPassword === undefined ? {} : { SLIPWAY_ADMIN_PASSWORD: adminPassword }),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function endOf(child: ReturnType<typeof spawnServer>, output: string): undefined {
  if (child.exitCode === null && child.signalCode === null) return undefined;
  throw new Error(`The server ended with ${child.exitCode ?? child.signalCode}: ${output}`);
}

function accessLinesOf(output: string): Readonly<Record<string, unknown>>[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line['msg'] === 'request');
}
