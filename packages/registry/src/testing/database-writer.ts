import { serveSqliteWriter } from '@slipway/storage/db';
import { registryMigrations } from '../migrations.ts';
import { registryTransactions } from '../transactions.ts';

await serveSqliteWriter({ transactions: registryTransactions, migrations: registryMigrations });
