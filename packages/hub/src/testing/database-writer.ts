import { serveSqliteWriter } from '@slipway/storage/db';
import { hubMigrations } from '../db/migrations.ts';
import { hubTransactions } from '../db/transactions.ts';

await serveSqliteWriter({ transactions: hubTransactions, migrations: hubMigrations });
