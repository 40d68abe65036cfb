/** What a token allows: actions on one named thing, as in the distribution token specification. */
export interface Scope {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

export function repositoryScope(name: string, ...actions: readonly string[]): Scope {
  return { type: 'repository', name, actions };
}

export const CATALOG_SCOPE: Scope = { type: 'registry', name: 'catalog', actions: ['*'] };

export function formatScope({ type, name, actions }: Scope): string {
  return `${type}:${name}:${actions.join(',')}`;
}

/** Reads scopes separated by spaces; the name may hold colons. What has no two colons is passed over. */
export function parseScopes(text: string): Scope[] {
  return text.split(/\s+/).flatMap((part) => {
    const first = part.indexOf(':');
    const last = part.lastIndexOf(':');
    if (first < 0 || first === last) return [];
    return [
      {
        type: part.slice(0, first),
        name: part.slice(first + 1, last),
        actions: part
          .slice(last + 1)
          .split(',')
          .filter(Boolean),
      },
    ];
  });
}

/** One scope for each thing, with all the actions asked for it, in a fixed order. */
export function mergeScopes(scopes: readonly Scope[]): Scope[] {
  const merged = new Map<string, Set<string>>();
  const heads = new Map<string, Scope>();
  for (const scope of scopes) {
    const key = `${scope.type}:${scope.name}`;
    heads.set(key, heads.get(key) ?? scope);
    merged.set(key, new Set([...(merged.get(key) ?? []), ...scope.actions]));
  }
  return [...merged]
    .map(([key, actions]) => ({ type: heads.get(key)?.type ?? '', name: heads.get(key)?.name ?? '', actions: [...actions].sort() }))
    .sort((a, b) => (formatScope(a) < formatScope(b) ? -1 : 1));
}

/** Whether every action wanted is among those held. */
export function coversScopes(held: readonly Scope[], wanted: readonly Scope[]): boolean {
  return wanted.every(({ type, name, actions }) => {
    const same = held.find((scope) => scope.type === type && scope.name === name);
    return actions.every((action) => same?.actions.includes(action) === true);
  });
}
