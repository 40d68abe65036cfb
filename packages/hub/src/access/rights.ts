import type { RepositoryName } from '@slipway/oci';
import type { RepositoryAction } from '@slipway/registry/authorizer';
import type { Kysely } from 'kysely';
import { isPublic } from '../db/reads.ts';
import type { HubSchema } from '../db/schema.ts';

/** What rights depend on. */
export interface Holder {
  readonly name: string;
  readonly administrator: boolean;
}

/**
 * Whether the account (undefined: anonymous) may do everything with the repository, existing or not. Administrators own all: names of one
 * component, `library/…` and the namespaces of accounts that are no more have no other owner.
 */
export function owns(account: Holder | undefined, name: RepositoryName): boolean {
  if (account === undefined) return false;
  return account.administrator || (name.length > account.name.length && name[account.name.length] === '/' && name.startsWith(account.name));
}

/** Reads at most one row. A missing repository and a private one are the same to whoever has no right. */
export async function mayAct(
  reader: Kysely<HubSchema>,
  account: Holder | undefined,
  { name, action }: { readonly name: RepositoryName; readonly action: RepositoryAction },
): Promise<boolean> {
  if (owns(account, name)) return true;
  return action === 'pull' && (await isPublic(reader, name));
}
