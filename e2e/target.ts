import { join } from 'node:path';
import { createRegistryApi, expectStatus, openTempFolder, type RegistryApi, startSlipway, type TempFolder } from '@slipway/testkit';
import { DISTRIBUTION_PACKAGES, startDistribution } from './peers/distribution.ts';
import { unpackPackages } from './peers/unpack-packages.ts';

export interface Account {
  readonly name: string;
  readonly password: string;
}

export type Visibility = 'public' | 'private';

/** The registry that the clients are tried on. */
export interface Target extends AsyncDisposable {
  readonly kind: 'slipway' | 'distribution';
  readonly origin: string;
  /** `127.0.0.1:PORT`, as image names have it. */
  readonly url: string;
  readonly pid: number;
  readonly admin: Account;
  createAccount(name: string): Promise<Account>;
  setVisibility(repository: string, visibility: Visibility): Promise<void>;
  /** A client for the account; anonymous without one. It is closed with the target. */
  api(account?: Account): RegistryApi;
  logs(): Promise<string>;
}

/** True when the tests run against distribution: `SLIPWAY_E2E_REGISTRY=distribution` tells a client's own oddities from defects of ours. */
export const onDistribution = process.env['SLIPWAY_E2E_REGISTRY'] === 'distribution';

/** Why tests of accounts, visibility and search can't run, or undefined. */
export const noHub = onDistribution ? 'SKIPPED: distribution has no accounts, visibility or search' : undefined;

export async function openTarget(): Promise<Target> {
  const folder = await openTempFolder('slipway-e2e-target-');
  try {
    return await (onDistribution ? openDistribution(folder) : openSlipway(folder));
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}

async function openSlipway(folder: TempFolder): Promise<Target> {
  const server = await startSlipway({ data: join(folder.path, 'data') });
  const admin = { name: 'admin', password: server.adminPassword };
  const clients = openClients(server.origin);
  const asAdmin = clients.api(admin);
  const send = async (method: string, path: string, body: unknown) => {
    const headers = { 'content-type': 'application/json' };
    return await asAdmin.send({ method, path: `/api/v1${path}`, headers, auth: 'basic', body: JSON.stringify(body) });
  };
  return {
    kind: 'slipway',
    origin: server.origin,
    url: server.url,
    pid: server.pid,
    admin,
    async createAccount(name) {
      const account = { name, password: passwordOf(name) };
      expectStatus(await send('POST', '/accounts', account), 201, `create account ${name}`);
      return account;
    },
    async setVisibility(repository, visibility) {
      expectStatus(await send('PATCH', `/repositories/${repository}`, { visibility }), 200, `make ${repository} ${visibility}`);
    },
    api: clients.api,
    logs: async () => server.logs(),
    async [Symbol.asyncDispose]() {
      clients.close();
      const code = await server.stop();
      await folder[Symbol.asyncDispose]();
      if (code !== 0) throw new Error(`The server exited with ${code} on SIGTERM:\n${server.logs()}`);
    },
  };
}

async function openDistribution(folder: TempFolder): Promise<Target> {
  const root = await unpackPackages(DISTRIBUTION_PACKAGES);
  const admin = { name: 'admin', password: passwordOf('admin') };
  const accounts: Record<string, string> = { admin: admin.password };
  const server = await startDistribution(root, folder.path, { accounts });
  const clients = openClients(server.origin);
  return {
    kind: 'distribution',
    origin: server.origin,
    url: server.origin.replace('http://', ''),
    pid: server.pid,
    admin,
    async createAccount(name) {
      accounts[name] = passwordOf(name);
      await server.setAccounts(accounts);
      return { name, password: passwordOf(name) };
    },
    setVisibility: () => Promise.reject(new Error('distribution has no visibility')),
    api: clients.api,
    logs: server.logs,
    async [Symbol.asyncDispose]() {
      clients.close();
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function openClients(origin: string): { readonly api: (account?: Account) => RegistryApi; readonly close: () => void } {
  const opened: RegistryApi[] = [];
  return {
    api(account) {
      const login = account === undefined ? {} : { username: account.name, password: account.password };
      const client = createRegistryApi({ origin, ...login });
      opened.push(client);
      return client;
    },
    close() {
      for (const client of opened) client.close();
    },
  };
}

// Long, and with characters that break shells, URLs and the Basic scheme when a client or server forgets to quote.
function passwordOf(name: string): string {
  return `${name}: a+b/c=d%41 "ü"`;
}
