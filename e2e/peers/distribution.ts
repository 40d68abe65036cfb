import { mkdir, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { freePort } from '@slipway/testkit';
import { startDaemon } from './daemon.ts';
import { peerEnvironment } from './peer-environment.ts';
import { checkProgram } from './program.ts';

export const DISTRIBUTION_PACKAGES = ['docker-registry'];

export interface DistributionOptions {
  /** Accounts that may do everything; without any, everybody may. */
  readonly accounts?: Readonly<Record<string, string>>;
}

export interface Distribution extends AsyncDisposable {
  readonly origin: string;
  readonly pid: number;
  /** Takes effect with the next request. */
  setAccounts(accounts: Readonly<Record<string, string>>): Promise<void>;
  logs(): Promise<string>;
}

/** Starts Debian's docker-registry (distribution 2.8) with its storage below `folder`: the peer that ours is compared with. */
export async function startDistribution(root: string, folder: string, options: DistributionOptions = {}): Promise<Distribution> {
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const htpasswd = join(folder, 'htpasswd');
  const setAccounts = async (accounts: Readonly<Record<string, string>>) => {
    const lines = await Promise.all(Object.entries(accounts).map(async ([name, password]) => `${name}:${await bcrypt(password)}\n`));
    await writeFile(htpasswd, lines.join(''));
  };
  if (options.accounts !== undefined) await setAccounts(options.accounts);
  const config = {
    version: 0.1,
    log: { accesslog: { disabled: true }, level: 'warn' },
    storage: { filesystem: { rootdirectory: join(folder, 'storage') }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}`, headers: { 'X-Content-Type-Options': ['nosniff'] } },
    ...(options.accounts === undefined ? {} : { auth: { htpasswd: { realm: 'distribution', path: htpasswd } } }),
  };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const origin = `http://127.0.0.1:${port}`;
  const daemon = await startDaemon({
    command: join(root, 'usr/bin/docker-registry'),
    args: ['serve', join(folder, 'config.json')],
    env: { ...peerEnvironment(root, folder), OTEL_TRACES_EXPORTER: 'none' },
    logFile: join(folder, 'registry.log'),
    isReady: () => answers(`${origin}/v2/`),
  });
  return { origin, pid: daemon.pid, setAccounts, logs: daemon.logs, [Symbol.asyncDispose]: daemon.stop };
}

// glibc's crypt speaks bcrypt, the one scheme distribution accepts, and perl is on every Debian.
async function bcrypt(password: string): Promise<string> {
  return await checkProgram('perl', ['-e', 'print crypt(<STDIN>, q($2b$04$abcdefghijklmnopqrstuu))'], { input: password });
}

async function answers(url: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const request = get(url, { agent: false }, (response) => {
    response.resume();
    resolve(true);
  });
  // Refused connections are what waiting for a server looks like.
  request.on('error', () => resolve(false));
  return await promise;
}
