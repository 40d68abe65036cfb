export { hubMigrations } from './migrations.ts';
export type { HubSchema } from './schema.ts';
export { type HubTransactions, hubTransactions } from './transactions.ts';
