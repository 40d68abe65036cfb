import { prepared } from '@slipway/storage/db';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { registryError } from '../errors.ts';
import type { RegistrySchema } from '../schema.ts';
import { recordEvent } from './outbox-rows.ts';
import { type Change, ensureRepository, findRepository } from './repositories.ts';
import { moveTag, tagsOf } from './tags.ts';

export interface ManifestRow {
  readonly repositoryId: number;
  readonly digest: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  /** Since when no tag names it; null while one does. */
  readonly untaggedAt: number | null;
}

const manifestByTag = prepared<RegistrySchema, { name: string; tag: string }>({ remember: true })((db, parameter) =>
  db
    .selectFrom('repositories as r')
    .innerJoin('tags as t', 't.repository_id', 'r.id')
    .innerJoin('manifests as m', (join) => join.onRef('m.repository_id', '=', 'r.id').onRef('m.digest', '=', 't.digest'))
    .innerJoin('manifest_contents as c', 'c.digest', 'm.digest')
    .select(['r.id as repositoryId', 'm.digest', 'm.media_type as mediaType', 'm.size as sizeBytes', 'm.untagged_at as untaggedAt'])
    .where('r.name', '=', parameter('name'))
    .where('t.name', '=', parameter('tag')),
);

const manifestByDigest = prepared<RegistrySchema, { name: string; digest: string }>({ remember: true })((db, parameter) =>
  db
    .selectFrom('repositories as r')
    .innerJoin('manifests as m', 'm.repository_id', 'r.id')
    .innerJoin('manifest_contents as c', 'c.digest', 'm.digest')
    .select(['r.id as repositoryId', 'm.digest', 'm.media_type as mediaType', 'm.size as sizeBytes', 'm.untagged_at as untaggedAt'])
    .where('r.name', '=', parameter('name'))
    .where('m.digest', '=', parameter('digest')),
);

const contentByDigest = prepared<RegistrySchema, { digest: string }>()((db, parameter) =>
  db.selectFrom('manifest_contents').select('bytes').where('digest', '=', parameter('digest')),
);

interface RepositoryAndDigest {
  readonly repositoryId: number;
  readonly digest: string;
}

const blobHere = prepared<RegistrySchema, RepositoryAndDigest>()((db, parameter) =>
  db
    .selectFrom('repository_blobs as m')
    .innerJoin('blobs as b', 'b.digest', 'm.digest')
    .select('m.digest')
    .where('m.repository_id', '=', parameter('repositoryId'))
    .where('m.digest', '=', parameter('digest')),
);

const manifestHere = prepared<RegistrySchema, RepositoryAndDigest>()((db, parameter) =>
  db
    .selectFrom('manifests as m')
    .innerJoin('manifest_contents as c', 'c.digest', 'm.digest')
    .select('m.digest')
    .where('m.repository_id', '=', parameter('repositoryId'))
    .where('m.digest', '=', parameter('digest')),
);

const insertReference = prepared<RegistrySchema, { repositoryId: number; manifest: string; target: string }>()((db, parameter) =>
  db
    .insertInto('manifest_references')
    .values({ repository_id: parameter('repositoryId'), manifest: parameter('manifest'), target: parameter('target') })
    .onConflict((conflict) => conflict.doNothing()),
);

const insertContent = prepared<RegistrySchema, { digest: string; bytes: Uint8Array }>()((db, parameter) =>
  db
    .insertInto('manifest_contents')
    .values({ digest: parameter('digest'), bytes: parameter('bytes') })
    .onConflict((conflict) => conflict.column('digest').doUpdateSet({ bytes: parameter('bytes') })),
);

export async function findManifest(
  db: Kysely<RegistrySchema>,
  key: { readonly name: string; readonly tag: string } | { readonly name: string; readonly digest: string },
): Promise<ManifestRow | undefined> {
  const rows = 'tag' in key ? await manifestByTag(db, key) : await manifestByDigest(db, key);
  return rows[0];
}

/** Renews the promise that a manifest without a tag stays: counts its age as untagged from `at`. Resolves to whether it is still there. */
export async function keepManifest(
  tx: Kysely<RegistrySchema>,
  input: { readonly repositoryId: number; readonly digest: string; readonly at: number },
): Promise<boolean> {
  const result = await tx
    .updateTable('manifests')
    .set((set) => ({ untagged_at: set.case().when('untagged_at', 'is', null).then(null).else(input.at).end() }))
    .where('repository_id', '=', input.repositoryId)
    .where('digest', '=', input.digest)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** The exact bytes that were pushed. */
export async function readManifestContent(db: Kysely<RegistrySchema>, digest: string): Promise<Uint8Array | undefined> {
  return (await contentByDigest(db, { digest }))[0]?.bytes;
}

export interface PutManifestInput extends Change {
  readonly name: string;
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly tags: readonly string[];
  /** Digests that must be in the repository, as blob or manifest as `mayBeManifest` says. */
  readonly references: readonly { readonly digest: string; readonly mayBeManifest: boolean; readonly optional: boolean }[];
  readonly subject: string | null;
  /** Given for an index under a fallback tag (`sha256-<hex>`): its children are referrers of this subject. */
  readonly adopts: { readonly subject: string; readonly digests: readonly string[] } | null;
  readonly artifactType: string | null;
  readonly annotations: string | null;
}

/**
 * Stores a manifest, moves its tags and tells the event, all or nothing. Throws MANIFEST_BLOB_UNKNOWN with every missing digest in its details.
 * Storing the same bytes again is fine and heals their row.
 */
export async function putManifest(tx: Kysely<RegistrySchema>, input: PutManifestInput): Promise<void> {
  const change = { at: input.at, actor: input.actor };
  const repository = await ensureRepository(tx, input.name, change);
  const present = await requireReferences(tx, repository.id, input);
  await insertContent(tx, { digest: input.digest, bytes: input.bytes });
  await upsertManifest(tx, repository.id, input);
  for (const target of present) await insertReference(tx, { repositoryId: repository.id, manifest: input.digest, target });
  if (input.adopts !== null) await adoptReferrers(tx, repository.id, input.adopts);
  for (const tag of input.tags) await moveTag(tx, { repositoryId: repository.id, tag, digest: input.digest, at: input.at });
  await recordEvent(tx, {
    kind: 'manifest.pushed',
    ...change,
    repositoryId: repository.id,
    repository: input.name,
    payload: { digest: input.digest, mediaType: input.mediaType, sizeBytes: input.bytes.length, tags: input.tags },
  });
}

async function requireReferences(tx: Kysely<RegistrySchema>, repositoryId: number, input: PutManifestInput): Promise<string[]> {
  const present: string[] = [];
  const missing: string[] = [];
  for (const reference of input.references) {
    const key = { repositoryId, digest: reference.digest };
    const isBlob = (await blobHere(tx, key)).length > 0;
    if (isBlob || (reference.mayBeManifest && (await manifestHere(tx, key)).length > 0)) present.push(reference.digest);
    else if (!reference.optional) missing.push(reference.digest);
  }
  if (missing.length > 0) {
    throw registryError(
      'MANIFEST_BLOB_UNKNOWN',
      `Cannot store manifest "${input.digest}": repository "${input.name}" does not have "${missing[0]}"`,
      {
        details: missing.map((digest) => ({ digest })),
      },
    );
  }
  return present;
}

/** Makes manifests without a subject referrers of one: what clients of registries without the referrers API kept under a fallback tag. */
async function adoptReferrers(
  tx: Kysely<RegistrySchema>,
  repositoryId: number,
  adopts: { readonly subject: string; readonly digests: readonly string[] },
): Promise<void> {
  for (const digest of adopts.digests) {
    await tx
      .updateTable('manifests')
      .set({ subject: adopts.subject })
      .where('repository_id', '=', repositoryId)
      .where('digest', '=', digest)
      .where('subject', 'is', null)
      .execute();
  }
}

async function upsertManifest(tx: Kysely<RegistrySchema>, repositoryId: number, input: PutManifestInput): Promise<void> {
  const untagged = input.tags.length === 0 ? input.at : null;
  await tx
    .insertInto('manifests')
    .values({
      repository_id: repositoryId,
      digest: input.digest,
      media_type: input.mediaType,
      size: input.bytes.length,
      artifact_type: input.artifactType,
      subject: input.subject,
      annotations: input.annotations,
      pushed_at: input.at,
      untagged_at: untagged,
    })
    .onConflict((conflict) =>
      conflict.columns(['repository_id', 'digest']).doUpdateSet({ media_type: input.mediaType, pushed_at: input.at }),
    )
    .execute();
  if (untagged === null) return;
  // Pushed again by digest: what is untagged counts its age anew.
  await tx
    .updateTable('manifests')
    .set({ untagged_at: input.at })
    .where('repository_id', '=', repositoryId)
    .where('digest', '=', input.digest)
    .where('untagged_at', 'is not', null)
    .execute();
}

export interface DeleteManifestInput extends Change {
  readonly name: string;
  readonly digest: string;
}

/** Deletes a manifest and the tags that name it; resolves to those tags. Throws MANIFEST_UNKNOWN. What it needed starts its grace period. */
export async function deleteManifest(tx: Kysely<RegistrySchema>, input: DeleteManifestInput): Promise<string[]> {
  const repository = await findRepository(tx, input.name);
  if (repository === undefined || !(await isRecorded(tx, repository.id, input.digest))) {
    throw registryError('MANIFEST_UNKNOWN', `Cannot delete manifest "${input.digest}": repository "${input.name}" has no such manifest`);
  }
  const event = { at: input.at, actor: input.actor, repositoryId: repository.id, repository: input.name };
  const tags = await tagsOf(tx, repository.id, input.digest);
  for (const tag of tags) await recordEvent(tx, { ...event, kind: 'tag.deleted', payload: { tag } });
  await removeManifest(tx, { repositoryId: repository.id, digest: input.digest, at: input.at });
  await recordEvent(tx, { ...event, kind: 'manifest.deleted', payload: { digest: input.digest } });
  return tags;
}

/** Whether there is a row, with or without its bytes: a damaged manifest must not be one that nobody can delete. */
async function isRecorded(tx: Kysely<RegistrySchema>, repositoryId: number, digest: string): Promise<boolean> {
  const rows = tx.selectFrom('manifests').select('digest').where('repository_id', '=', repositoryId).where('digest', '=', digest);
  return (await rows.executeTakeFirst()) !== undefined;
}

/** The rows of a manifest, its tags and references; its bytes when no other repository has it. */
export async function removeManifest(
  tx: Kysely<RegistrySchema>,
  key: { readonly repositoryId: number; readonly digest: string; readonly at: number },
): Promise<void> {
  const { repositoryId, digest } = key;
  const targets = tx
    .selectFrom('manifest_references')
    .select('target')
    .where('repository_id', '=', repositoryId)
    .where('manifest', '=', digest);
  await tx
    .updateTable('repository_blobs')
    .set({ kept_from: laterOf('kept_from', key.at) })
    .where('repository_id', '=', repositoryId)
    .where('digest', 'in', targets)
    .execute();
  // Children of an index that was all that held them count their age as untagged from now.
  await tx
    .updateTable('manifests')
    .set({ untagged_at: laterOf('untagged_at', key.at) })
    .where('repository_id', '=', repositoryId)
    .where('digest', 'in', targets)
    .where('untagged_at', 'is not', null)
    .execute();
  await tx.deleteFrom('manifest_references').where('repository_id', '=', repositoryId).where('manifest', '=', digest).execute();
  await tx.deleteFrom('tags').where('repository_id', '=', repositoryId).where('digest', '=', digest).execute();
  await tx.deleteFrom('manifests').where('repository_id', '=', repositoryId).where('digest', '=', digest).execute();
  const other = await tx.selectFrom('manifests').select('digest').where('digest', '=', digest).limit(1).executeTakeFirst();
  if (other === undefined) await tx.deleteFrom('manifest_contents').where('digest', '=', digest).execute();
}

/** A collection removes as of its start: that must not shorten what a client was promised since. */
function laterOf(column: string, at: number): RawBuilder<number> {
  return sql<number>`case when ${sql.ref(column)} > ${at} then ${sql.ref(column)} else ${at} end`;
}
