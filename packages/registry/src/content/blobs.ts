import { prepared } from '@slipway/storage/db';
import type { Kysely } from 'kysely';
import { registryError } from '../errors.ts';
import type { RegistrySchema } from '../schema.ts';
import { type Change, ensureRepository } from './repositories.ts';

interface NameAndDigest {
  readonly name: string;
  readonly digest: string;
}

const membershipByName = prepared<RegistrySchema, NameAndDigest>({ remember: true })((db, parameter) =>
  db
    .selectFrom('repositories as r')
    .innerJoin('repository_blobs as m', 'm.repository_id', 'r.id')
    .innerJoin('blobs as b', 'b.digest', 'm.digest')
    .select(['b.size as sizeBytes', 'm.kept_from as keptFrom', 'r.id as repositoryId'])
    .where('r.name', '=', parameter('name'))
    .where('m.digest', '=', parameter('digest')),
);

const referenceTo = prepared<RegistrySchema, { repositoryId: number; target: string }>()((db, parameter) =>
  db
    .selectFrom('manifest_references')
    .select('manifest')
    .where('repository_id', '=', parameter('repositoryId'))
    .where('target', '=', parameter('target'))
    .limit(1),
);

const insertMembership = prepared<RegistrySchema, { repositoryId: number; digest: string; at: number }>()((db, parameter) =>
  db
    .insertInto('repository_blobs')
    .values({ repository_id: parameter('repositoryId'), digest: parameter('digest'), kept_from: parameter('at') })
    .onConflict((conflict) => conflict.columns(['repository_id', 'digest']).doUpdateSet({ kept_from: parameter('at') })),
);

const insertBlob = prepared<RegistrySchema, { digest: string; size: number; at: number }>()((db, parameter) =>
  db
    .insertInto('blobs')
    .values({ digest: parameter('digest'), size: parameter('size'), kept_from: parameter('at') })
    .onConflict((conflict) => conflict.column('digest').doUpdateSet({ size: parameter('size'), kept_from: parameter('at') })),
);

export interface BlobMembership {
  readonly sizeBytes: number;
  readonly keptFrom: number;
  readonly repositoryId: number;
}

/** The blob as this repository may read it. */
export async function findBlob(db: Kysely<RegistrySchema>, key: NameAndDigest): Promise<BlobMembership | undefined> {
  return (await membershipByName(db, { name: key.name, digest: key.digest }))[0];
}

/** Whether a manifest of the repository needs this digest. */
export async function isReferenced(db: Kysely<RegistrySchema>, repositoryId: number, target: string): Promise<boolean> {
  return (await referenceTo(db, { repositoryId, target })).length > 0;
}

export interface LinkBlobInput extends Change {
  readonly name: string;
  readonly digest: string;
  readonly sizeBytes: number;
}

/** Makes stored bytes a blob of the repository; the first one makes the repository. */
export async function linkBlob(tx: Kysely<RegistrySchema>, input: LinkBlobInput): Promise<void> {
  const repository = await ensureRepository(tx, input.name, { at: input.at, actor: input.actor });
  await insertBlob(tx, { digest: input.digest, size: input.sizeBytes, at: input.at });
  await insertMembership(tx, { repositoryId: repository.id, digest: input.digest, at: input.at });
}

export interface MountBlobInput extends Change {
  /** Repositories that the caller may read, in order of preference. */
  readonly from: readonly string[];
  readonly name: string;
  readonly digest: string;
}

/** Makes a blob of one of the repositories in `from` a blob of `name` too. Resolves to its size, or undefined when none of them has it. */
export async function mountBlob(tx: Kysely<RegistrySchema>, input: MountBlobInput): Promise<number | undefined> {
  for (const source of input.from) {
    const found = await findBlob(tx, { name: source, digest: input.digest });
    if (found === undefined) continue;
    const repository = await ensureRepository(tx, input.name, { at: input.at, actor: input.actor });
    await insertMembership(tx, { repositoryId: repository.id, digest: input.digest, at: input.at });
    return found.sizeBytes;
  }
  return undefined;
}

/** Renews the promise that a blob stays: counts its grace period from `at`. Resolves to its size, or undefined when it is gone. */
export async function keepBlob(tx: Kysely<RegistrySchema>, input: NameAndDigest & { readonly at: number }): Promise<number | undefined> {
  const found = await findBlob(tx, input);
  if (found === undefined) return undefined;
  await insertMembership(tx, { repositoryId: found.repositoryId, digest: input.digest, at: input.at });
  return found.sizeBytes;
}

/** Takes a blob out of a repository; its bytes stay for a grace period. Throws BLOB_UNKNOWN, and UNSUPPORTED while a manifest of the repository needs it. */
export async function unlinkBlob(tx: Kysely<RegistrySchema>, input: NameAndDigest & { readonly at: number }): Promise<void> {
  const found = await findBlob(tx, input);
  if (found === undefined) {
    throw registryError('BLOB_UNKNOWN', `Cannot delete blob "${input.digest}": repository "${input.name}" has no such blob`);
  }
  const needed = (await referenceTo(tx, { repositoryId: found.repositoryId, target: input.digest }))[0];
  if (needed !== undefined) {
    throw registryError('UNSUPPORTED', `Cannot delete blob "${input.digest}": manifest "${needed.manifest}" needs it`, {
      hint: 'Delete the manifest first; garbage collection then takes the blob.',
    });
  }
  await tx.deleteFrom('repository_blobs').where('repository_id', '=', found.repositoryId).where('digest', '=', input.digest).execute();
  await tx.updateTable('blobs').set({ kept_from: input.at }).where('digest', '=', input.digest).execute();
}

/** The repositories that hold a blob, `limit` at most. */
export async function listHolders(db: Kysely<RegistrySchema>, digest: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('repository_blobs as m')
    .innerJoin('repositories as r', 'r.id', 'm.repository_id')
    .select('r.name')
    .where('m.digest', '=', digest)
    .limit(limit)
    .execute();
  return rows.map((row) => row.name);
}
