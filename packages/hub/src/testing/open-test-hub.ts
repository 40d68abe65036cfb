import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@slipway/base';
import { parseRepositoryName, type RepositoryName } from '@slipway/oci';
import { openSqlite } from '@slipway/storage/db';
import type { HubSchema } from '../db/schema.ts';
import type { HubTransactions } from '../db/transactions.ts';
import { type Hub, openHub } from '../hub.ts';
import type { DirectoryEntry, HubDatabase, RepositoryDirectory } from '../ports.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';

export interface TestHub extends AsyncDisposable {
  readonly hub: Hub;
  readonly database: HubDatabase;
  readonly clock: FakeClock;
  readonly folder: string;
  readonly directory: TestDirectory;
}

/** The registry's list, in memory. */
export interface TestDirectory extends RepositoryDirectory {
  add(name: string): DirectoryEntry;
  remove(name: string): void;
}

/** A hub over a real SQLite database in a folder of its own. */
export async function openTestHub(): Promise<TestHub> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-hub-'));
  const clock = createFakeClock();
  const directory = createTestDirectory();
  const database = await openSqlite<HubSchema, HubTransactions>({
    file: join(folder, 'slipway.db'),
    writer: new URL('database-writer.ts', import.meta.url),
  });
  const hub = await openHub({ database, directory, keyFolder: join(folder, 'keys'), clock, logger: silentLogger });
  return {
    hub,
    database,
    clock,
    folder,
    directory,
    async [Symbol.asyncDispose]() {
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function createTestDirectory(): TestDirectory {
  const entries = new Map<string, DirectoryEntry>();
  let lastId = 0;
  return {
    add(name) {
      lastId += 1;
      const entry = { id: lastId, name: parseRepositoryName(name), createdAtMs: Date.parse('2026-01-01T00:00:00Z') };
      entries.set(name, entry);
      return entry;
    },
    remove: (name) => void entries.delete(name),
    find: async (name: RepositoryName) => entries.get(name),
    async list({ after = '', limit }) {
      const names = [...entries.keys()].filter((name) => name > after).sort();
      return names
        .slice(0, limit)
        .map((name) => entries.get(name))
        .filter((entry) => entry !== undefined);
    },
  };
}

export function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
}
