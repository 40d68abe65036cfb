import { isRepositoryName, type RepositoryName } from '@slipway/oci';
import type { Kysely } from 'kysely';
import { type Holder, mayAct, owns } from '../access/rights.ts';
import type { HubSchema } from '../db/schema.ts';
import type { Grant } from './access-token.ts';
import type { Scope } from './scope.ts';

/** The scope that lets a token act for its holder at the hub's API; without it a token is for images alone. */
export const HUB_API_GRANT: Grant = { type: 'hub', name: 'api', actions: ['*'] };

const REPOSITORY_ACTIONS: ReadonlySet<string> = new Set(['pull', 'push', 'delete', '*']);

/**
 * What of `scopes` the account (undefined: anonymous) may have now, in the order asked; equal names are merged. What it may not have, or what
 * is unknown, is left out without a word: a refusal would tell which repositories exist.
 */
export async function grantScopes(reader: Kysely<HubSchema>, account: Holder | undefined, scopes: readonly Scope[]): Promise<Grant[]> {
  const granted = new Map<string, Grant>();
  for (const scope of scopes) {
    const actions = await grantedActions(reader, account, scope);
    if (actions.length === 0) continue;
    const key = `${scope.type}:${scope.name}`;
    const before = granted.get(key)?.actions ?? [];
    granted.set(key, { type: scope.type, name: scope.name, actions: [...new Set([...before, ...actions])] });
  }
  return [...granted.values()];
}

async function grantedActions(reader: Kysely<HubSchema>, account: Holder | undefined, scope: Scope): Promise<readonly string[]> {
  const { type, name } = scope;
  if (type === 'repository' && isRepositoryName(name))
    return await grantedRepositoryActions(reader, account, { name, actions: scope.actions });
  if (!scope.actions.includes('*')) return [];
  // Everybody may see the catalog: it shows to each what each may see.
  if (type === 'registry' && name === 'catalog') return ['*'];
  return type === HUB_API_GRANT.type && name === HUB_API_GRANT.name && account !== undefined ? ['*'] : [];
}

async function grantedRepositoryActions(
  reader: Kysely<HubSchema>,
  account: Holder | undefined,
  { name, actions }: { readonly name: RepositoryName; readonly actions: readonly string[] },
): Promise<readonly string[]> {
  const known = actions.filter((action) => REPOSITORY_ACTIONS.has(action));
  if (owns(account, name)) return known;
  if (!known.includes('pull') && !known.includes('*')) return [];
  return (await mayAct(reader, account, { name, action: 'pull' })) ? ['pull'] : [];
}
