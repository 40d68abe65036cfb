import type { Generated } from 'kysely';

/** Repositories come into being with their first content and are never renamed; ids are never used again. */
export interface RepositoryTable {
  id: Generated<number>;
  name: string;
  created_at: number;
}

/** Blobs that are stored, once for all repositories. */
export interface BlobTable {
  digest: string;
  size: number;
  /** When it was stored, or when a client last took it out of a repository: garbage collection counts from then. */
  kept_from: number;
}

/** Which repository may read which blob: nothing else makes a blob reachable. */
export interface RepositoryBlobTable {
  repository_id: number;
  digest: string;
  /** When a client was last told that the blob is here, or when the last manifest that names it went: garbage collection counts from then. */
  kept_from: number;
}

export interface ManifestTable {
  repository_id: number;
  digest: string;
  media_type: string;
  size: number;
  /** What the referrers list shows as `artifactType`. */
  artifact_type: string | null;
  subject: string | null;
  /** JSON object, or null when there are none. */
  annotations: string | null;
  pushed_at: number;
  /** When the last tag left it, or when it was pushed without one; null while a tag names it. */
  untagged_at: number | null;
}

/** The exact bytes of manifests, once for all repositories. */
export interface ManifestContentTable {
  digest: string;
  bytes: Uint8Array;
}

/** What a manifest needs: layers, config, children of an index. The subject is not among them. */
export interface ManifestReferenceTable {
  repository_id: number;
  manifest: string;
  target: string;
}

export interface TagTable {
  repository_id: number;
  name: string;
  digest: string;
  updated_at: number;
}

/** Events not yet delivered to every consumer. */
export interface OutboxTable {
  id: Generated<number>;
  at: number;
  repository_id: number;
  repository: string;
  kind: string;
  actor: string | null;
  /** JSON: what the event holds beyond the columns. */
  payload: string;
}

export interface RegistrySchema {
  repositories: RepositoryTable;
  blobs: BlobTable;
  repository_blobs: RepositoryBlobTable;
  manifests: ManifestTable;
  manifest_contents: ManifestContentTable;
  manifest_references: ManifestReferenceTable;
  tags: TagTable;
  outbox: OutboxTable;
}
