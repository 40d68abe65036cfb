import type { Migrations } from '@slipway/storage/db';
import { type Kysely, sql } from 'kysely';

/** Rows are found by their key alone: keep them in it. */
const CLUSTERED = sql`without rowid`;

async function createContent(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('repositories')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('created_at', 'integer', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('blobs')
    .addColumn('digest', 'text', (column) => column.primaryKey().notNull())
    .addColumn('size', 'integer', (column) => column.notNull())
    .addColumn('kept_from', 'integer', (column) => column.notNull())
    .modifyEnd(CLUSTERED)
    .execute();
  await db.schema
    .createTable('repository_blobs')
    .addColumn('repository_id', 'integer', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('kept_from', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('repository_blobs_key', ['repository_id', 'digest'])
    .modifyEnd(CLUSTERED)
    .execute();
  await db.schema.createIndex('repository_blobs_digest').on('repository_blobs').columns(['digest', 'repository_id']).execute();
  await db.schema.createIndex('repository_blobs_kept_from').on('repository_blobs').column('kept_from').execute();
}

async function createManifests(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('manifests')
    .addColumn('repository_id', 'integer', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('media_type', 'text', (column) => column.notNull())
    .addColumn('size', 'integer', (column) => column.notNull())
    .addColumn('artifact_type', 'text')
    .addColumn('subject', 'text')
    .addColumn('annotations', 'text')
    .addColumn('pushed_at', 'integer', (column) => column.notNull())
    .addColumn('untagged_at', 'integer')
    .addPrimaryKeyConstraint('manifests_key', ['repository_id', 'digest'])
    .modifyEnd(CLUSTERED)
    .execute();
  await db.schema.createIndex('manifests_digest').on('manifests').column('digest').execute();
  await db.schema.createIndex('manifests_subject').on('manifests').columns(['repository_id', 'subject', 'digest']).execute();
  await db.schema
    .createTable('manifest_contents')
    .addColumn('digest', 'text', (column) => column.primaryKey().notNull())
    .addColumn('bytes', 'blob', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('manifest_references')
    .addColumn('repository_id', 'integer', (column) => column.notNull())
    .addColumn('manifest', 'text', (column) => column.notNull())
    .addColumn('target', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('manifest_references_key', ['repository_id', 'manifest', 'target'])
    .modifyEnd(CLUSTERED)
    .execute();
  await db.schema.createIndex('manifest_references_target').on('manifest_references').columns(['repository_id', 'target']).execute();
}

async function createTags(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('tags')
    .addColumn('repository_id', 'integer', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('updated_at', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('tags_key', ['repository_id', 'name'])
    .modifyEnd(CLUSTERED)
    .execute();
  await db.schema.createIndex('tags_digest').on('tags').columns(['repository_id', 'digest']).execute();
}

async function createOutbox(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('outbox')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('at', 'integer', (column) => column.notNull())
    .addColumn('repository_id', 'integer', (column) => column.notNull())
    .addColumn('repository', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('actor', 'text')
    .addColumn('payload', 'text', (column) => column.notNull())
    .execute();
}

export const registryMigrations: Migrations = {
  'registry-0001-content': {
    async up(db) {
      await createContent(db);
      await createManifests(db);
      await createTags(db);
      await createOutbox(db);
    },
  },
};
