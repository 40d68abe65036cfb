import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Logger, silentLogger } from '@slipway/base';
import { type BlobStore, createFsBlobStore } from '@slipway/storage/blob';
import { openSqlite } from '@slipway/storage/db';
import { createRegistryApi, FakeClock, openTempFolder, type RegistryApi } from '@slipway/testkit';
import type { GcOptions, GcReport } from '../collect/options.ts';
import type { RegistryDatabase } from '../dependencies.ts';
import type { EventConsumer } from '../events.ts';
import type { HandledRequest } from '../http/request-handler.ts';
import { createRegistry, type Registry } from '../registry.ts';
import type { RegistrySchema } from '../schema.ts';
import type { registryTransactions } from '../transactions.ts';
import { createTestAuthorizer, type TestAuthorizer } from './test-authorizer.ts';

/** For `expect.poll`: a busy machine takes longer than its second. */
export const PATIENCE = { timeout: 10_000, interval: 10 };

export const UPLOAD_EXPIRY_MS = 7 * 24 * 3600 * 1000;

export interface TestRegistry extends AsyncDisposable {
  readonly registry: Registry;
  readonly database: RegistryDatabase;
  readonly blobs: BlobStore;
  readonly clock: FakeClock;
  readonly authorizer: TestAuthorizer;
  readonly folder: string;
  readonly port: number;
  /** A client with the account `ann`. */
  readonly api: RegistryApi;
  /** What `handle` resolved to, request after request. */
  readonly handled: HandledRequest[];
  collect(options?: Partial<GcOptions>): Promise<GcReport>;
  /** The file of a blob. */
  fileOf(digest: string): string;
  hasFile(digest: string): boolean;
}

export interface TestRegistryOptions {
  readonly consumers?: readonly EventConsumer[];
  readonly logger?: Logger;
  readonly clock?: FakeClock;
}

/** A registry behind a real HTTP server, over a real SQLite database and files in a folder of its own. Time stands still until the test moves it. */
export async function openTestRegistry({
  consumers = [],
  logger = silentLogger,
  clock = new FakeClock(),
}: TestRegistryOptions = {}): Promise<TestRegistry> {
  const folder = await openTempFolder('slipway-registry-');
  const authorizer = createTestAuthorizer();
  const blobs = await createFsBlobStore({ root: folder.path, clock });
  const database = await openSqlite<RegistrySchema, typeof registryTransactions>({
    file: join(folder.path, 'slipway.db'),
    writer: new URL('database-writer.ts', import.meta.url),
  });
  const registry = createRegistry({
    blobs,
    database,
    authorizer,
    consumers,
    clock,
    logger,
    uploadKey: Buffer.alloc(32, 7),
    uploadExpiryMs: UPLOAD_EXPIRY_MS,
  });
  const handled: HandledRequest[] = [];
  const server = createTestServer(registry, handled);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const api = createRegistryApi({ origin: `http://127.0.0.1:${port}`, username: 'ann', password: 'secret' });
  const fileOf = (digest: string): string => {
    const [algorithm = '', hex = ''] = digest.split(':');
    return join(folder.path, 'blobs', algorithm, hex.slice(0, 2), hex);
  };
  return {
    registry,
    database,
    blobs,
    clock,
    authorizer,
    folder: folder.path,
    port,
    api,
    handled,
    collect: (options = {}) => registry.collectGarbage({ graceSeconds: 0, dryRun: false, ...options }),
    fileOf,
    hasFile: (digest) => existsSync(fileOf(digest)),
    async [Symbol.asyncDispose]() {
      api.close();
      await closeServer(server);
      await registry[Symbol.asyncDispose]();
      await blobs.close();
      await database.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** As the product's listener hands requests over: those that wait for `100 Continue` too. */
function createTestServer(registry: Registry, handled: HandledRequest[]): Server {
  const server = createServer({ requestTimeout: 0 });
  const handle = async (...[request, response]: Parameters<Parameters<typeof createServer>[1] & object>): Promise<void> => {
    const context = { address: '127.0.0.1', origin: `http://${request.headers.host ?? ''}`, requestId: 'test' };
    handled.push(await registry.handle(request, response, context));
  };
  server.on('request', (request, response) => void handle(request, response));
  server.on('checkContinue', (request, response) => void handle(request, response));
  return server;
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
