import { prepared } from '@slipway/storage/db';
import type { Kysely } from 'kysely';
import type { RegistrySchema } from '../schema.ts';
import { recordEvent } from './outbox-rows.ts';

/** Who does something, and when. */
export interface Change {
  readonly at: number;
  readonly actor: string | null;
}

export interface Repository {
  readonly id: number;
  readonly name: string;
  readonly createdAtMs: number;
}

const repositoryByName = prepared<RegistrySchema, { name: string }>({ remember: true })((db, parameter) =>
  db.selectFrom('repositories').select(['id', 'name', 'created_at as createdAtMs']).where('name', '=', parameter('name')),
);

export async function findRepository(db: Kysely<RegistrySchema>, name: string): Promise<Repository | undefined> {
  return (await repositoryByName(db, { name }))[0];
}

/** The repository of that name, made if it is the first time that something is put there. */
export async function ensureRepository(tx: Kysely<RegistrySchema>, name: string, change: Change): Promise<Repository> {
  const known = await findRepository(tx, name);
  if (known !== undefined) return known;
  const { id } = await tx.insertInto('repositories').values({ name, created_at: change.at }).returning('id').executeTakeFirstOrThrow();
  await recordEvent(tx, { kind: 'repository.created', ...change, repositoryId: id, repository: name, payload: {} });
  return { id, name, createdAtMs: change.at };
}

/** Repositories in order of their names, `limit` at most, after the name `after`. */
export async function listRepositories(db: Kysely<RegistrySchema>, page: { after: string; limit: number }): Promise<Repository[]> {
  return await db
    .selectFrom('repositories')
    .select(['id', 'name', 'created_at as createdAtMs'])
    .where('name', '>', page.after)
    .orderBy('name')
    .limit(page.limit)
    .execute();
}

/** Like `listRepositories`, leaving out those that hold no manifest: what a catalog shows. */
export async function listFilledRepositories(db: Kysely<RegistrySchema>, page: { after: string; limit: number }): Promise<string[]> {
  const rows = await db
    .selectFrom('repositories')
    .select('name')
    .where('name', '>', page.after)
    .where((where) =>
      where.exists(where.selectFrom('manifests').select('digest').whereRef('manifests.repository_id', '=', 'repositories.id').limit(1)),
    )
    .orderBy('name')
    .limit(page.limit)
    .execute();
  return rows.map((row) => row.name);
}
