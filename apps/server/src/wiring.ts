import { systemClock, writeDurably } from '@slipway/base/node';
import { type Hub, type HubDatabase, type HubSchema, type hubTransactions, openHub } from '@slipway/hub';
import {
  createDirectory,
  createRegistry,
  type Registry,
  type RegistryDatabase,
  type RegistrySchema,
  type registryTransactions,
} from '@slipway/registry';
import { type BlobStore, createFsBlobStore } from '@slipway/storage/blob';
import { openSqlite } from '@slipway/storage/db';
import type { ServerConfig } from './config/config.ts';
import { type DataFolder, openDataFolder } from './data-folder.ts';
import type { ServerLogger } from './observe/logger.ts';

type Schema = RegistrySchema & HubSchema;
type Writes = typeof registryTransactions & typeof hubTransactions;

/** Everything that lasts as long as the server, wired. Dispose it after the last request ended. */
export interface Services extends AsyncDisposable {
  readonly data: DataFolder;
  readonly blobs: BlobStore;
  readonly hub: Hub;
  readonly registry: Registry;
  /** The password made up for `admin` at the very first start. */
  readonly firstPassword: string | undefined;
  /** Throws unless the database answers and blobs can be written. */
  readonly checkReady: () => Promise<void>;
}

/** Opens the data folder and builds the services over it. Throws DATA_FOLDER_*, DATABASE_*, STORAGE_*. */
export async function openServices(config: ServerConfig, logger: ServerLogger): Promise<Services> {
  await using closing = new AsyncDisposableStack();
  const data = await openDataFolder(config.data);
  closing.defer(() => data[Symbol.dispose]());
  const clock = systemClock;
  const [database, blobs] = await Promise.all([
    openSqlite<Schema, Writes>({ file: data.databaseFile, writer: workerFile('database-writer') }),
    createFsBlobStore({ root: data.path, clock, logger, hashWorker: workerFile('hash-worker') }),
  ]);
  closing.defer(() => database.close());
  closing.defer(() => blobs.close());
  // Each package sees the tables it owns: Kysely's types do not narrow by themselves.
  const registryDatabase = database as unknown as RegistryDatabase;
  const hubDatabase = database as unknown as HubDatabase;
  const directory = createDirectory(registryDatabase);
  const hub = await openHub({ database: hubDatabase, directory, keyFolder: data.keyFolder, clock, logger });
  const registry = createRegistry({
    blobs,
    database: registryDatabase,
    authorizer: hub.authorizer,
    consumers: [hub.consumer],
    clock,
    logger,
    uploadKey: data.uploadKey,
    uploadExpiryMs: config.uploadExpiryMs,
  });
  closing.use(registry);
  const administrator = await hub.accounts.ensureAdministrator({ password: config.adminPassword });
  if (administrator.password !== undefined) await writeDurably(data.adminPasswordFile, `${administrator.password}\n`, { mode: 0o600 });
  const owned = closing.move();
  return {
    data,
    blobs,
    hub,
    registry,
    firstPassword: administrator.password,
    async checkReady() {
      await database.reader.selectFrom('repositories').select('id').limit(1).execute();
      await blobs.checkWritable();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Worker files lie beside this one, in the sources as in the bundle. */
function workerFile(name: string): URL {
  return new URL(`./${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
}
