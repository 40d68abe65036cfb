import { hubMigrations, hubTransactions } from '@slipway/hub/db';
import { registryMigrations, registryTransactions } from '@slipway/registry';
import { serveSqliteWriter } from '@slipway/storage/db';

// The thread that owns the writing connection: see packages/storage/src/db/sqlite/writer.ts.
await serveSqliteWriter({
  transactions: { ...registryTransactions, ...hubTransactions },
  migrations: { ...registryMigrations, ...hubMigrations },
});
