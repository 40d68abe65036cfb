import type { Migrations } from '@slipway/storage/db';

/** Portable between SQLite and PostgreSQL. Times are milliseconds since the epoch, flags are 0 or 1. */
export const hubMigrations: Migrations = {
  'hub-0001-accounts': {
    async up(db) {
      await db.schema
        .createTable('hub_accounts')
        .addColumn('id', 'text', (column) => column.primaryKey().notNull())
        .addColumn('name', 'text', (column) => column.notNull().unique())
        .addColumn('password_hash', 'text', (column) => column.notNull())
        .addColumn('administrator', 'integer', (column) => column.notNull())
        .addColumn('generation', 'integer', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('disabled', 'integer', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('hub_refresh_tokens')
        .addColumn('token_digest', 'text', (column) => column.primaryKey().notNull())
        .addColumn('account_id', 'text', (column) => column.notNull())
        .addColumn('generation', 'integer', (column) => column.notNull())
        .addColumn('client_id', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('last_used_at', 'bigint', (column) => column.notNull())
        .execute();
      await db.schema.createIndex('hub_refresh_tokens_account').on('hub_refresh_tokens').columns(['account_id', 'last_used_at']).execute();
    },
  },
  'hub-0002-repositories': {
    async up(db) {
      await db.schema
        .createTable('hub_repositories')
        .addColumn('repository_id', 'integer', (column) => column.primaryKey().notNull())
        .addColumn('name', 'text', (column) => column.notNull().unique())
        .addColumn('visibility', 'text', (column) => column.notNull())
        .addColumn('last_pushed_at', 'bigint')
        .addColumn('push_count', 'integer', (column) => column.notNull())
        .addColumn('last_event_id', 'bigint', (column) => column.notNull())
        .execute();
      await db.schema.createIndex('hub_repositories_visibility').on('hub_repositories').columns(['visibility', 'name']).execute();
    },
  },
};
