import { prepared } from '@slipway/storage/db';
import type { Kysely } from 'kysely';
import { registryError } from '../errors.ts';
import type { RegistrySchema } from '../schema.ts';
import { recordEvent } from './outbox-rows.ts';
import { type Change, findRepository } from './repositories.ts';

interface RepositoryAndTag {
  readonly repositoryId: number;
  readonly tag: string;
}

const digestOfTag = prepared<RegistrySchema, RepositoryAndTag>()((db, parameter) =>
  db.selectFrom('tags').select('digest').where('repository_id', '=', parameter('repositoryId')).where('name', '=', parameter('tag')),
);

const upsertTag = prepared<RegistrySchema, RepositoryAndTag & { digest: string; at: number }>()((db, parameter) =>
  db
    .insertInto('tags')
    .values({
      repository_id: parameter('repositoryId'),
      name: parameter('tag'),
      digest: parameter('digest'),
      updated_at: parameter('at'),
    })
    .onConflict((conflict) =>
      conflict.columns(['repository_id', 'name']).doUpdateSet({ digest: parameter('digest'), updated_at: parameter('at') }),
    ),
);

const tagPage = prepared<RegistrySchema, { repositoryId: number; after: string; limit: number }>()((db, parameter) =>
  db
    .selectFrom('tags')
    .select('name')
    .where('repository_id', '=', parameter('repositoryId'))
    .where('name', '>', parameter('after'))
    .orderBy('name')
    .limit(parameter('limit')),
);

/** Tag names in ASCII order, `limit` at most, after `after`. */
export async function listTags(
  db: Kysely<RegistrySchema>,
  page: { readonly repositoryId: number; readonly after: string; readonly limit: number },
): Promise<string[]> {
  return (await tagPage(db, page)).map((row) => row.name);
}

/** The tags that name a manifest. */
export async function tagsOf(db: Kysely<RegistrySchema>, repositoryId: number, digest: string): Promise<string[]> {
  const rows = await db.selectFrom('tags').select('name').where('repository_id', '=', repositoryId).where('digest', '=', digest).execute();
  return rows.map((row) => row.name);
}

/** Points a tag at a manifest that is there; the manifest it leaves may become untagged. */
export async function moveTag(tx: Kysely<RegistrySchema>, input: RepositoryAndTag & { digest: string; at: number }): Promise<void> {
  const before = (await digestOfTag(tx, { repositoryId: input.repositoryId, tag: input.tag }))[0]?.digest;
  await upsertTag(tx, input);
  await tx
    .updateTable('manifests')
    .set({ untagged_at: null })
    .where('repository_id', '=', input.repositoryId)
    .where('digest', '=', input.digest)
    .where('untagged_at', 'is not', null)
    .execute();
  if (before !== undefined && before !== input.digest) await markUntagged(tx, { ...input, digest: before });
}

export interface DeleteTagInput extends Change {
  readonly name: string;
  readonly tag: string;
}

/** Deletes a tag; its manifest stays. Throws MANIFEST_UNKNOWN. */
export async function deleteTag(tx: Kysely<RegistrySchema>, input: DeleteTagInput): Promise<void> {
  const repository = await findRepository(tx, input.name);
  const digest = repository === undefined ? undefined : (await digestOfTag(tx, { repositoryId: repository.id, tag: input.tag }))[0]?.digest;
  if (repository === undefined || digest === undefined) {
    throw registryError('MANIFEST_UNKNOWN', `Cannot delete tag "${input.tag}": repository "${input.name}" has no such tag`);
  }
  await tx.deleteFrom('tags').where('repository_id', '=', repository.id).where('name', '=', input.tag).execute();
  await markUntagged(tx, { repositoryId: repository.id, digest, at: input.at });
  await recordEvent(tx, {
    kind: 'tag.deleted',
    at: input.at,
    actor: input.actor,
    repositoryId: repository.id,
    repository: input.name,
    payload: { tag: input.tag },
  });
}

/** Notes since when no tag names a manifest, if none does. */
async function markUntagged(
  tx: Kysely<RegistrySchema>,
  key: { readonly repositoryId: number; readonly digest: string; readonly at: number },
): Promise<void> {
  if ((await tagsOf(tx, key.repositoryId, key.digest)).length > 0) return;
  await tx
    .updateTable('manifests')
    .set({ untagged_at: key.at })
    .where('repository_id', '=', key.repositoryId)
    .where('digest', '=', key.digest)
    .execute();
}
