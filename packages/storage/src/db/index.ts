export type { Database, TransactionBody, Transactions } from './database.ts';
export { type Migrations, migrate } from './migrate.ts';
export { prepared } from './prepared.ts';
export { createSqliteKysely } from './sqlite/dialect.ts';
export { type OpenSqliteOptions, openSqlite } from './sqlite/open-sqlite.ts';
export { type SqliteWriterOptions, serveSqliteWriter } from './sqlite/writer.ts';
