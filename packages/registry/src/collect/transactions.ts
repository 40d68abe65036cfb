import { type Kysely, sql } from 'kysely';
import { removeManifest } from '../content/manifests.ts';
import { recordEvent } from '../content/outbox-rows.ts';
import type { RegistrySchema } from '../schema.ts';

export interface Membership {
  readonly repositoryId: number;
  readonly digest: string;
}

/** Takes blobs out of repositories, those that still nobody needs and whose grace is over. Resolves to how many. */
export async function forgetMemberships(
  tx: Kysely<RegistrySchema>,
  input: { readonly memberships: readonly Membership[]; readonly keptBefore: number },
): Promise<number> {
  let forgotten = 0;
  for (const { repositoryId, digest } of input.memberships) {
    const result = await tx
      .deleteFrom('repository_blobs')
      .where('repository_id', '=', repositoryId)
      .where('digest', '=', digest)
      .where('kept_from', '<=', input.keptBefore)
      .where((where) =>
        where.not(
          where.exists(
            where
              .selectFrom('manifest_references')
              .select('manifest')
              .where('repository_id', '=', repositoryId)
              .where('target', '=', digest),
          ),
        ),
      )
      .executeTakeFirst();
    forgotten += Number(result.numDeletedRows);
  }
  return forgotten;
}

/** Forgets stored blobs that no repository has and whose grace is over. Resolves to those it forgot: their bytes may go. */
export async function forgetBlobs(
  tx: Kysely<RegistrySchema>,
  input: { readonly digests: readonly string[]; readonly keptBefore: number },
): Promise<string[]> {
  const forgotten: string[] = [];
  for (const digest of input.digests) {
    const result = await tx
      .deleteFrom('blobs')
      .where('digest', '=', digest)
      .where('kept_from', '<=', input.keptBefore)
      .where((where) => where.not(where.exists(where.selectFrom('repository_blobs').select('digest').where('digest', '=', digest))))
      .executeTakeFirst();
    if (Number(result.numDeletedRows) > 0) forgotten.push(digest);
  }
  return forgotten;
}

/** Removes untagged manifests that are still untagged, needed by no index, and about nothing that is there. Resolves to how many. */
export async function removeUntagged(
  tx: Kysely<RegistrySchema>,
  input: { readonly manifests: readonly Membership[]; readonly untaggedBefore: number; readonly at: number },
): Promise<number> {
  let removed = 0;
  for (const key of input.manifests) {
    const row = await untaggedManifests(tx, input.untaggedBefore)
      .where('m.repository_id', '=', key.repositoryId)
      .where('m.digest', '=', key.digest)
      .executeTakeFirst();
    if (row === undefined) continue;
    await removeManifest(tx, { ...key, at: input.at });
    await recordEvent(tx, {
      kind: 'manifest.deleted',
      at: input.at,
      actor: null,
      repositoryId: key.repositoryId,
      repository: row.repository,
      payload: { digest: key.digest },
    });
    removed += 1;
  }
  return removed;
}

/** Manifests without a tag since `untaggedBefore` that live on nobody: children of an index and referrers live with their parent or subject. */
export function untaggedManifests(db: Kysely<RegistrySchema>, untaggedBefore: number) {
  return db
    .selectFrom('manifests as m')
    .innerJoin('repositories as r', 'r.id', 'm.repository_id')
    .select(['m.repository_id as repositoryId', 'm.digest', 'm.size as sizeBytes', 'r.name as repository'])
    .where('m.untagged_at', '<=', untaggedBefore)
    .where(sql<boolean>`not exists (select 1 from manifest_references p where p.repository_id = m.repository_id and p.target = m.digest)`)
    .where(sql<boolean>`not exists (select 1 from manifests s where s.repository_id = m.repository_id and s.digest = m.subject)`);
}

/** Hides a blob whose bytes are damaged or gone, in every repository, until it is pushed again. */
export async function loseBlob(tx: Kysely<RegistrySchema>, input: { readonly digest: string }): Promise<void> {
  await tx.deleteFrom('blobs').where('digest', '=', input.digest).execute();
}

/** Hides a manifest whose bytes are damaged, in every repository, until it is pushed again. */
export async function loseManifestContent(tx: Kysely<RegistrySchema>, input: { readonly digest: string }): Promise<void> {
  await tx.deleteFrom('manifest_contents').where('digest', '=', input.digest).execute();
}
