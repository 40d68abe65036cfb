import type { Kysely } from 'kysely';
import type { RegistrySchema } from '../schema.ts';

export interface Referrer {
  readonly digest: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly artifactType: string | null;
  readonly annotations: string | null;
}

export interface ReferrersPage {
  readonly name: string;
  readonly subject: string;
  readonly artifactType: string | undefined;
  readonly after: string;
  readonly limit: number;
}

/** Manifests of the repository whose subject is `subject`, in order of their digests. */
export async function listReferrers(db: Kysely<RegistrySchema>, page: ReferrersPage): Promise<Referrer[]> {
  const all = db
    .selectFrom('repositories as r')
    .innerJoin('manifests as m', 'm.repository_id', 'r.id')
    .select(['m.digest', 'm.media_type as mediaType', 'm.size as sizeBytes', 'm.artifact_type as artifactType', 'm.annotations'])
    .where('r.name', '=', page.name)
    .where('m.subject', '=', page.subject)
    .where('m.digest', '>', page.after)
    .orderBy('m.digest')
    .limit(page.limit);
  return await (page.artifactType === undefined ? all : all.where('m.artifact_type', '=', page.artifactType)).execute();
}
