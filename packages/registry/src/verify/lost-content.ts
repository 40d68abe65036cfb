import type { Kysely } from 'kysely';
import type { RegistrySchema } from '../schema.ts';

/** Blobs that a manifest needs and of which there is no record any more: damaged, taken out of sight and not pushed again since. */
export async function listLostBlobs(db: Kysely<RegistrySchema>): Promise<string[]> {
  const rows = await db
    .selectFrom('repository_blobs as m')
    .select('m.digest')
    .distinct()
    .where((where) => where.not(where.exists(where.selectFrom('blobs as b').select('b.digest').whereRef('b.digest', '=', 'm.digest'))))
    .where((where) =>
      where.exists(
        where
          .selectFrom('manifest_references as p')
          .select('p.manifest')
          .whereRef('p.repository_id', '=', 'm.repository_id')
          .whereRef('p.target', '=', 'm.digest'),
      ),
    )
    .orderBy('m.digest')
    .execute();
  return rows.map((row) => row.digest);
}

/** Manifests whose bytes are gone. */
export async function listLostManifests(db: Kysely<RegistrySchema>): Promise<string[]> {
  const rows = await db
    .selectFrom('manifests as m')
    .select('m.digest')
    .distinct()
    .where((where) =>
      where.not(where.exists(where.selectFrom('manifest_contents as c').select('c.digest').whereRef('c.digest', '=', 'm.digest'))),
    )
    .orderBy('m.digest')
    .execute();
  return rows.map((row) => row.digest);
}
