import type { Clock, KeyedLock, Logger, LruCache } from '@slipway/base';
import type { BlobStore } from '@slipway/storage/blob';
import type { Database } from '@slipway/storage/db';
import type { RegistrySchema } from './schema.ts';
import type { registryTransactions } from './transactions.ts';
import type { UploadIds } from './upload/upload-id.ts';

export type RegistryDatabase = Database<RegistrySchema, typeof registryTransactions>;

/** What the parts of the registry share. */
export interface RegistryParts {
  readonly blobs: BlobStore;
  readonly database: RegistryDatabase;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly uploadIds: UploadIds;
  /** Commit and sweep of one digest exclude each other: a sweep must not unlink what a commit just put in place. */
  readonly digestLocks: KeyedLock;
  /** Bytes of manifests by digest; they never change. */
  readonly manifestBytes: LruCache<string, Uint8Array>;
  /** Called after every change that told an event. */
  readonly onEvent: () => void;
}
