import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { testkitError } from './errors.ts';
import { openTempFolder } from './temp-folder.ts';

export interface StartSlipwayOptions {
  /** The data folder; a new one, removed on `stop()`, when absent. */
  readonly data?: string;
  readonly adminPassword?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** The content of a `--config` file (YAML). */
  readonly config?: string;
}

export interface SlipwayProcess extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
  /** `127.0.0.1:PORT`, as image names have it. */
  readonly url: string;
  readonly adminPassword: string;
  readonly data: string;
  readonly pid: number;
  /** What the server has written so far, both streams. */
  logs(): string;
  /** SIGTERM; resolves to the exit code. Rejects with SERVER_NOT_STOPPED, after SIGKILL, when it does not end within its drain time. */
  stop(): Promise<number>;
  /** SIGKILL: the data folder stays as it is. One that was made here goes with a later `stop()`. */
  kill9(): Promise<void>;
}

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 40_000;
const LOG_LIMIT = 8 * 1024 * 1024;
// The kernel ends the server when this process is killed without a chance to do so; setpriv execs, so the process id stays the server's.
const DEATH_SIGNAL = ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--'] as const;
const LAUNCHER = fileURLToPath(new URL('../../../bin/slipway', import.meta.url));

/** Starts `bin/slipway serve` on a free port of loopback; resolves once `/readyz` answers 200. The process dies with this one. */
export async function startSlipway(options: StartSlipwayOptions = {}): Promise<SlipwayProcess> {
  const scratch = await openTempFolder('slipway-server-');
  const data = options.data ?? join(scratch.path, 'data');
  const adminPassword = options.adminPassword ?? randomBytes(12).toString('base64url');
  const configFile = join(scratch.path, 'config.yaml');
  if (options.config !== undefined) await writeFile(configFile, options.config);
  const config = options.config === undefined ? [] : ['--config', configFile];
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('SLIPWAY_'));
  const serve = [LAUNCHER, 'serve', '--listen', '127.0.0.1:0', '--data', data, ...config, ...(options.args ?? [])];
  const [command = LAUNCHER, ...args] = existsSync(DEATH_SIGNAL[0]) ? [...DEATH_SIGNAL, ...serve] : serve;
  const child = spawn(command, args, {
    env: { ...Object.fromEntries(inherited), SLIPWAY_ADMIN_PASSWORD: adminPassword, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const exited = exitOf(child).finally(() => process.off('exit', kill));
  const logs = collectLogs(child);
  try {
    const origin = await waitForAddress(exited, logs);
    await waitUntilReady(origin, exited, logs);
    const stop = async () => {
      const code = await stopProcess(child, exited, logs);
      await scratch[Symbol.asyncDispose]();
      return code;
    };
    return {
      origin,
      url: origin.replace('http://', ''),
      adminPassword,
      data,
      pid: child.pid ?? 0,
      logs,
      stop,
      async kill9() {
        child.kill('SIGKILL');
        await exited;
        if (options.data !== undefined) await scratch[Symbol.asyncDispose]();
      },
      async [Symbol.asyncDispose]() {
        await stop();
      },
    };
  } catch (error) {
    child.kill('SIGKILL');
    await exited;
    await scratch[Symbol.asyncDispose]();
    throw error;
  }
}

interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

async function exitOf(child: ChildProcess): Promise<Exit> {
  try {
    const [code, signal]: [number | null, string | null] = (await once(child, 'close')) as [number | null, string | null];
    return { code, signal };
  } catch (error) {
    throw testkitError('SERVER_NOT_STARTED', `Cannot run "${LAUNCHER}"`, { cause: error });
  }
}

function collectLogs(child: ChildProcess): () => string {
  const chunks: string[] = [];
  let size = 0;
  const keep = (text: string) => {
    chunks.push(text);
    size += text.length;
    while (size > LOG_LIMIT) size -= chunks.shift()?.length ?? 0;
  };
  child.stdout?.setEncoding('utf8').on('data', keep);
  child.stderr?.setEncoding('utf8').on('data', keep);
  return () => chunks.join('');
}

async function waitForAddress(exited: Promise<Exit>, logs: () => string): Promise<string> {
  return await poll(exited, logs, async () => /http:\/\/127\.0\.0\.1:[1-9]\d*(?=\D)/.exec(logs())?.[0]);
}

async function waitUntilReady(origin: string, exited: Promise<Exit>, logs: () => string): Promise<void> {
  await poll(exited, logs, async () => ((await statusOf(`${origin}/readyz`)) === 200 ? true : undefined));
}

async function poll<T>(exited: Promise<Exit>, logs: () => string, probe: () => Promise<T | undefined>): Promise<T> {
  const deadline = AbortSignal.timeout(START_TIMEOUT_MS);
  let ended: Exit | undefined;
  exited.then(
    (exit) => (ended = exit),
    () => (ended = { code: null, signal: null }),
  );
  while (!deadline.aborted) {
    const found = await probe();
    if (found !== undefined) return found;
    if (ended !== undefined) throw testkitError('SERVER_NOT_STARTED', `Server ended with ${JSON.stringify(ended)}:\n${logs()}`);
    await delay(15);
  }
  throw testkitError('SERVER_NOT_STARTED', `Server was not ready after ${START_TIMEOUT_MS} ms:\n${logs()}`);
}

async function statusOf(url: string): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const request = get(url, { agent: false }, (response) => {
    response.resume();
    resolve(response.statusCode ?? 0);
  });
  // Refused connections are what waiting for a server looks like.
  request.on('error', () => resolve(0));
  return await promise;
}

async function stopProcess(child: ChildProcess, exited: Promise<Exit>, logs: () => string): Promise<number> {
  child.kill('SIGTERM');
  const timer = new AbortController();
  const exit = await Promise.race([exited, delay(STOP_TIMEOUT_MS, undefined, { signal: timer.signal })]);
  timer.abort();
  if (exit !== undefined) return exit.code ?? 128;
  child.kill('SIGKILL');
  await exited;
  throw testkitError('SERVER_NOT_STOPPED', `Server did not end ${STOP_TIMEOUT_MS} ms after SIGTERM:\n${logs()}`);
}
