import type { Digest, RepositoryName, TagName } from '@slipway/oci';

interface EventBase {
  /** Grows with every event; a consumer that keeps the last one it handled can recognize repeats. */
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly repositoryId: number;
  readonly repository: RepositoryName;
  /** The account that caused it; null for the system (garbage collection) and for anonymous. */
  readonly actor: string | null;
}

/** A repository came into being with its first content. */
export interface RepositoryCreated extends EventBase {
  readonly kind: 'repository.created';
}

/** A manifest was stored, or stored again. `tags` are those the same request moved. */
export interface ManifestPushed extends EventBase {
  readonly kind: 'manifest.pushed';
  readonly digest: Digest;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly tags: readonly TagName[];
}

export interface ManifestDeleted extends EventBase {
  readonly kind: 'manifest.deleted';
  readonly digest: Digest;
}

export interface TagDeleted extends EventBase {
  readonly kind: 'tag.deleted';
  readonly tag: TagName;
}

/** What the registry tells. Written in the transaction that made it true; delivered at least once, in order. */
export type RegistryEvent = RepositoryCreated | ManifestPushed | ManifestDeleted | TagDeleted;

/** Receives events in order. An event whose handling rejects is delivered again, with growing delays. */
export interface EventConsumer {
  readonly name: string;
  handle(events: readonly RegistryEvent[]): Promise<void>;
}
