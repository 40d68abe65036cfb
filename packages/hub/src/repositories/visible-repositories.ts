import type { Holder } from '../access/rights.ts';
import type { DirectoryEntry, HubDatabase, RepositoryDirectory } from '../ports.ts';

export interface Page {
  /** Names after this one; it need not exist. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface ListVisibleOptions {
  readonly database: HubDatabase;
  readonly directory: RepositoryDirectory;
  readonly viewer: Holder | undefined;
}

/**
 * A page of the repositories that the viewer may pull from, by name. Costs as much as what it shows, however many others there are: an
 * administrator sees the registry's list, anybody else the merger of its own namespace and of what is public.
 */
export async function listVisible({ database, directory, viewer }: ListVisibleOptions, page: Page): Promise<readonly DirectoryEntry[]> {
  if (viewer?.administrator === true)
    return await directory.list({ ...(page.after === undefined ? {} : { after: page.after }), limit: page.limit });
  const own = viewer === undefined ? [] : await listNamespace(directory, viewer.name, page);
  const shared = await listPublic({ database, directory }, page);
  const merged = new Map([...own, ...shared].map((entry) => [entry.name as string, entry]));
  return [...merged.values()].sort(byName).slice(0, page.limit);
}

async function listNamespace(
  directory: RepositoryDirectory,
  namespace: string,
  { after, limit }: Page,
): Promise<readonly DirectoryEntry[]> {
  const prefix = `${namespace}/`;
  const entries = await directory.list({ after: after !== undefined && after > prefix ? after : prefix, limit });
  return entries.filter((entry) => entry.name.startsWith(prefix));
}

/** Public settings rows whose repository is there: the registry says what exists, and the row may be older than that. */
async function listPublic({ database, directory }: Omit<ListVisibleOptions, 'viewer'>, page: Page): Promise<readonly DirectoryEntry[]> {
  const found: DirectoryEntry[] = [];
  let after = page.after ?? '';
  for (;;) {
    const rows = await database.reader
      .selectFrom('hub_repositories')
      .select(['repository_id', 'name'])
      .where('visibility', '=', 'public')
      .where('name', '>', after)
      .orderBy('name')
      .limit(page.limit)
      .execute();
    for (const row of rows) {
      const entry = await directory.find(row.name as DirectoryEntry['name']);
      if (entry?.id === row.repository_id) found.push(entry);
    }
    after = rows.at(-1)?.name ?? after;
    if (rows.length < page.limit || found.length >= page.limit) return found.slice(0, page.limit);
  }
}

function byName(a: DirectoryEntry, b: DirectoryEntry): number {
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}
