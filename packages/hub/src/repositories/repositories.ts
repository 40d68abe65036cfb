import type { RepositoryName } from '@slipway/oci';
import { type Holder, mayAct, owns } from '../access/rights.ts';
import { ADMINISTRATOR } from '../accounts/account-name.ts';
import { hubError } from '../errors.ts';
import type { DirectoryEntry, HubDatabase, RepositoryDirectory } from '../ports.ts';
import { listVisible, type Page } from './visible-repositories.ts';

export type Visibility = 'public' | 'private';

export interface RepositorySummary {
  readonly name: RepositoryName;
  /** The account of the namespace, or the administrator when no account has it. */
  readonly owner: string;
  readonly visibility: Visibility;
  readonly createdAtMs: number;
  readonly lastPushedAtMs: number | undefined;
  readonly pushCount: number;
}

/** How many names a search looks at in one read. */
const SEARCH_BATCH = 500;

/** Repositories as people see them. `viewer` is who looks; undefined is anonymous. */
export interface Repositories {
  /** Throws REPOSITORY_UNKNOWN, also for what the viewer may not see. */
  get(viewer: Holder | undefined, name: RepositoryName): Promise<RepositorySummary>;
  /** Those the viewer may pull from, by name. */
  list(viewer: Holder | undefined, page: Page): Promise<readonly RepositorySummary[]>;
  /** Those the viewer may pull from whose name contains `text` (any case), by name, `limit` at most. */
  search(viewer: Holder | undefined, query: { readonly text: string; readonly limit: number }): Promise<readonly RepositorySummary[]>;
  /** Takes effect for requests that begin after it resolved. Throws REPOSITORY_UNKNOWN, DENIED. */
  setVisibility(viewer: Holder | undefined, name: RepositoryName, visibility: Visibility): Promise<RepositorySummary>;
}

export interface RepositoriesOptions {
  readonly database: HubDatabase;
  readonly directory: RepositoryDirectory;
}

export function createRepositories({ database, directory }: RepositoriesOptions): Repositories {
  async function findVisible(viewer: Holder | undefined, name: RepositoryName): Promise<DirectoryEntry> {
    const entry = await directory.find(name);
    if (entry === undefined || !(await mayAct(database.reader, viewer, { name, action: 'pull' }))) {
      throw hubError('REPOSITORY_UNKNOWN', `Cannot find repository "${name}"`);
    }
    return entry;
  }

  async function describeOne(entry: DirectoryEntry): Promise<RepositorySummary> {
    const [summary] = await describe(database, [entry]);
    if (summary === undefined) throw hubError('HUB_FAILED', `Cannot describe repository "${entry.name}"`);
    return summary;
  }

  return {
    get: async (viewer, name) => await describeOne(await findVisible(viewer, name)),
    list: async (viewer, page) => await describe(database, await listVisible({ database, directory, viewer }, page)),
    async search(viewer, { text, limit }) {
      const wanted = text.toLowerCase();
      const found: DirectoryEntry[] = [];
      for (let after = ''; found.length < limit; ) {
        const page = await listVisible({ database, directory, viewer }, { after, limit: SEARCH_BATCH });
        found.push(...page.filter((entry) => entry.name.includes(wanted)));
        if (page.length < SEARCH_BATCH) break;
        after = page.at(-1)?.name ?? after;
      }
      return await describe(database, found.slice(0, limit));
    },
    async setVisibility(viewer, name, visibility) {
      const entry = await findVisible(viewer, name);
      if (!owns(viewer, name)) throw hubError('DENIED', `Cannot change repository "${name}": it belongs to another account`);
      await database.write('hub.setVisibility', { repositoryId: entry.id, name, visibility });
      return await describeOne(entry);
    },
  };
}

/** Adds settings, figures and owners to what the registry knows, in two reads for any number. */
async function describe(database: HubDatabase, entries: readonly DirectoryEntry[]): Promise<readonly RepositorySummary[]> {
  if (entries.length === 0) return [];
  const rows = await database.reader
    .selectFrom('hub_repositories')
    .select(['repository_id', 'visibility', 'last_pushed_at', 'push_count'])
    .where(
      'repository_id',
      'in',
      entries.map((entry) => entry.id),
    )
    .execute();
  const settings = new Map(rows.map((row) => [row.repository_id, row]));
  const accounts = await accountsAmong(database, [...new Set(entries.map((entry) => namespaceOf(entry.name)))]);
  return entries.map(({ id, name, createdAtMs }) => {
    const row = settings.get(id);
    const namespace = namespaceOf(name);
    return {
      name,
      owner: namespace !== name && accounts.has(namespace) ? namespace : ADMINISTRATOR,
      visibility: row?.visibility ?? 'private',
      createdAtMs,
      lastPushedAtMs: row?.last_pushed_at ?? undefined,
      pushCount: row?.push_count ?? 0,
    };
  });
}

function namespaceOf(name: string): string {
  const slash = name.indexOf('/');
  return slash === -1 ? name : name.slice(0, slash);
}

async function accountsAmong(database: HubDatabase, names: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await database.reader.selectFrom('hub_accounts').select('name').where('name', 'in', names).execute();
  return new Set(rows.map((row) => row.name));
}
