import type { RepositoryName } from '@slipway/oci';
import type { Database } from '@slipway/storage/db';
import type { HubSchema } from './db/schema.ts';
import type { HubTransactions } from './db/transactions.ts';

export type HubDatabase = Database<HubSchema, HubTransactions>;

/** A repository as the registry knows it. */
export interface DirectoryEntry {
  readonly id: number;
  readonly name: RepositoryName;
  readonly createdAtMs: number;
}

/** The registry's list of repositories; visibility and rights are no matter of it. */
export interface RepositoryDirectory {
  find(name: RepositoryName): Promise<DirectoryEntry | undefined>;
  /** In the byte order of names, those after `after` (which need not exist) first; at most `limit`. */
  list(options: { readonly after?: string; readonly limit: number }): Promise<readonly DirectoryEntry[]>;
}

export interface CollectOptions {
  readonly graceSeconds?: number;
  readonly dryRun?: boolean;
  readonly untaggedOlderThanSeconds?: number;
}

export interface CheckOptions {
  /** Take damaged content out of sight; true when absent. */
  readonly quarantine?: boolean;
}

/** Work on the registry's store that an administrator can ask for. Results are plain data and go to the client as JSON. */
export interface Maintenance {
  gc(options: CollectOptions, signal: AbortSignal): Promise<object>;
  verify(options: CheckOptions, signal: AbortSignal): Promise<object>;
}
