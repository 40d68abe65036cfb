import type { Kysely } from 'kysely';
import type { RegistrySchema } from '../schema.ts';
import type { Membership } from './transactions.ts';

export interface FollowersOptions {
  /** A manifest that goes. */
  readonly gone: Membership;
  readonly untaggedBefore: number;
  /** When it goes: its children count their age from then. */
  readonly removedAt: number;
  /** Whether a manifest of the same repository goes too. */
  readonly isGone: (digest: string) => boolean;
}

interface Candidate extends Membership {
  readonly subject: string | null;
}

/** The children and referrers of a manifest that nothing holds any more once it is gone: the next round of `untaggedManifests`, without deleting. */
export async function followersOf(db: Kysely<RegistrySchema>, options: FollowersOptions): Promise<Membership[]> {
  const followers: Membership[] = [];
  for (const { repositoryId, digest, subject } of await candidatesOf(db, options)) {
    if (options.isGone(digest)) continue;
    if (!(await isSubjectGone(db, { repositoryId, subject }, options))) continue;
    if (await areParentsGone(db, { repositoryId, digest }, options)) followers.push({ repositoryId, digest });
  }
  return followers;
}

async function candidatesOf(db: Kysely<RegistrySchema>, { gone, untaggedBefore }: FollowersOptions): Promise<Candidate[]> {
  return await db
    .selectFrom('manifests')
    .select(['repository_id as repositoryId', 'digest', 'subject'])
    .where('repository_id', '=', gone.repositoryId)
    .where('untagged_at', '<=', untaggedBefore)
    .where((where) =>
      where.or([
        where('subject', '=', gone.digest),
        where(
          'digest',
          'in',
          where
            .selectFrom('manifest_references')
            .select('target')
            .where('repository_id', '=', gone.repositoryId)
            .where('manifest', '=', gone.digest),
        ),
      ]),
    )
    .execute();
}

async function isSubjectGone(
  db: Kysely<RegistrySchema>,
  { repositoryId, subject }: { readonly repositoryId: number; readonly subject: string | null },
  { isGone }: FollowersOptions,
): Promise<boolean> {
  if (subject === null || isGone(subject)) return true;
  const query = db.selectFrom('manifests').select('digest').where('repository_id', '=', repositoryId).where('digest', '=', subject);
  return (await query.executeTakeFirst()) === undefined;
}

async function areParentsGone(
  db: Kysely<RegistrySchema>,
  { repositoryId, digest }: Membership,
  { isGone, removedAt, untaggedBefore }: FollowersOptions,
): Promise<boolean> {
  const parents = await db
    .selectFrom('manifest_references')
    .select('manifest')
    .where('repository_id', '=', repositoryId)
    .where('target', '=', digest)
    .execute();
  if (parents.length > 0 && removedAt > untaggedBefore) return false;
  return parents.every((parent) => isGone(parent.manifest));
}
