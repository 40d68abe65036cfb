import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRegistryApi, expectStatus, freePort, RegistryHttp } from '@slipway/testkit';
import { startDaemon } from '../../e2e/peers/daemon.ts';
import type { BenchServer, StartServerOptions } from './bench-server.ts';
import { isAnswering } from './is-answering.ts';

export interface StartSlipwayOptions extends StartServerOptions {
  /** For the server's own Node.js, as in `NODE_OPTIONS`. */
  readonly nodeOptions?: readonly string[];
}

const LAUNCHER = fileURLToPath(new URL('../../bin/slipway', import.meta.url));
const ACCOUNT = { name: 'bench', password: randomBytes(16).toString('base64url') };

/** Starts `bin/slipway serve` as a user would, with an account "bench" that owns the repositories `bench/…`. */
export async function startSlipway(options: StartSlipwayOptions): Promise<BenchServer> {
  await mkdir(options.folder, { recursive: true });
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const adminPassword = randomBytes(16).toString('base64url');
  const daemon = await startDaemon({
    command: LAUNCHER,
    args: ['serve', '--listen', `127.0.0.1:${port}`, '--data', join(options.folder, 'data')],
    env: { ...inheritedEnvironment(options.nodeOptions ?? []), SLIPWAY_ADMIN_PASSWORD: adminPassword },
    logFile: join(options.folder, 'server.log'),
    isReady: () => isAnswering(`${origin}/readyz`, options.signal),
  });
  try {
    await createAccount(origin, adminPassword);
  } catch (error) {
    await daemon.stop();
    throw error;
  }
  return {
    name: 'slipway',
    origin,
    port,
    pid: daemon.pid,
    authorize: (names) => authorize(origin, names),
    openApi: () => createRegistryApi({ origin, username: ACCOUNT.name, password: ACCOUNT.password }),
    [Symbol.asyncDispose]: () => daemon.stop(),
  };
}

function inheritedEnvironment(nodeOptions: readonly string[]): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name, value]) => value !== undefined && !/^SLIPWAY_|^NODE_OPTIONS$/.test(name));
  const added = nodeOptions.length === 0 ? {} : { NODE_OPTIONS: nodeOptions.join(' ') };
  return { ...(Object.fromEntries(kept) as Record<string, string>), ...added };
}

async function createAccount(origin: string, adminPassword: string): Promise<void> {
  const http = new RegistryHttp({ origin, username: 'admin', password: adminPassword });
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(ACCOUNT);
  const response = await http.send({ method: 'POST', path: '/api/v1/accounts', headers, auth: 'basic', body });
  http.close();
  expectStatus(response, 201, 'create the account "bench"');
}

async function authorize(origin: string, repositories: readonly string[]): Promise<string> {
  const http = new RegistryHttp({ origin, username: ACCOUNT.name, password: ACCOUNT.password });
  const token = await http.token(repositories.map((name) => `repository:${name}:pull,push`));
  http.close();
  return `Bearer ${token}`;
}
