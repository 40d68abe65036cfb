import { messageOf } from '@slipway/base';
import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { storageError } from '../errors.ts';

/** Migrations by name; names carry their package's prefix and a number (`registry-0001-content`). A migration that was released never changes. */
export type Migrations = Readonly<Record<string, Migration>>;

/**
 * Brings the database to the newest known shape. Idempotent. Throws DATABASE_NEWER when the database was used by a later version,
 * DATABASE_FAILED when a migration fails; what ran before it stays.
 */
export async function migrate<Schema>(db: Kysely<Schema>, migrations: Migrations): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    allowUnorderedMigrations: true,
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const failed = results?.find((result) => result.status === 'Error');
  if (failed === undefined && /corrupted migrations/.test(messageOf(error))) {
    throw storageError('DATABASE_NEWER', 'Cannot open the database: a later version of Slipway has used it', { cause: error });
  }
  const what = failed === undefined ? 'Cannot migrate the database' : `Cannot migrate the database: step "${failed.migrationName}" failed`;
  throw storageError('DATABASE_FAILED', `${what}: ${messageOf(error)}`, { cause: error });
}
