import { isRepositoryName, type RepositoryName } from '@slipway/oci';
import { findRepository, listRepositories } from './content/repositories.ts';
import type { RegistryDatabase } from './dependencies.ts';

export type { GcOptions, GcReport } from './collect/options.ts';
export type { Damage, VerifyOptions, VerifyReport } from './verify/verifier.ts';

/** A repository as the registry knows it. */
export interface RepositoryEntry {
  readonly id: number;
  readonly name: RepositoryName;
  readonly createdAtMs: number;
}

/** The registry's list of repositories. */
export interface RepositoryDirectory {
  find(name: RepositoryName): Promise<RepositoryEntry | undefined>;
  /** In the byte order of names, those after `after` (which need not exist); at most `limit`. */
  list(options: { readonly after?: string; readonly limit: number }): Promise<readonly RepositoryEntry[]>;
}

export interface StoreStatistics {
  readonly repositories: number;
  readonly manifests: number;
  readonly tags: number;
  readonly blobs: number;
  /** Bytes of blobs, each counted once however many repositories have it. */
  readonly blobBytes: number;
}

export function createDirectory(database: RegistryDatabase): RepositoryDirectory {
  return {
    async find(name) {
      const row = await findRepository(database.reader, name);
      return row === undefined ? undefined : { ...row, name };
    },
    async list({ after = '', limit }) {
      const rows = await listRepositories(database.reader, { after, limit });
      return rows.flatMap((row) => (isRepositoryName(row.name) ? [{ ...row, name: row.name }] : []));
    },
  };
}

/** Counts everything: tens of milliseconds for millions of rows, so callers keep the answer for a while. */
export async function readStatistics(database: RegistryDatabase): Promise<StoreStatistics> {
  const { reader } = database;
  const row = await reader
    .selectNoFrom((select) => [
      select.selectFrom('repositories').select(select.fn.countAll<number>().as('n')).as('repositories'),
      select.selectFrom('manifests').select(select.fn.countAll<number>().as('n')).as('manifests'),
      select.selectFrom('tags').select(select.fn.countAll<number>().as('n')).as('tags'),
      select.selectFrom('blobs').select(select.fn.countAll<number>().as('n')).as('blobs'),
      select
        .selectFrom('blobs')
        .select((sum) => sum.fn.coalesce(sum.fn.sum<number>('size'), sum.lit(0)).as('n'))
        .as('blobBytes'),
    ])
    .executeTakeFirstOrThrow();
  return {
    repositories: row.repositories ?? 0,
    manifests: row.manifests ?? 0,
    tags: row.tags ?? 0,
    blobs: row.blobs ?? 0,
    blobBytes: row.blobBytes ?? 0,
  };
}
