import { fileOf } from './import-target.ts';
import type { Monorepo, ResolvedImport } from './monorepo.ts';
import type { Violation } from './violation.ts';

/** Pure entry points must not reach Node, a `node` entry point or third-party code, however indirectly. Says the way there. */
export function checkPureEntries(monorepo: Monorepo): Violation[] {
  return monorepo.table.pure.filter((entry) => monorepo.files.has(entry)).flatMap((entry) => checkEntry(monorepo, entry));
}

function checkEntry(monorepo: Monorepo, entry: string): Violation[] {
  const violations: Violation[] = [];
  const ways = new Map<string, readonly string[]>([[entry, [entry]]]);
  // A map yields what is added while it is walked: this is a breadth-first search.
  for (const [path, way] of ways) {
    for (const use of monorepo.files.get(path)?.imports ?? []) {
      const reason = impurity(monorepo, use);
      if (reason !== undefined) {
        violations.push({
          where: `${path}:${use.line}`,
          message: `${reason} in a pure entry point: ${[...way, use.specifier].join(' -> ')}`,
        });
        continue;
      }
      const next = fileOf(use.target);
      if (next !== undefined && !ways.has(next)) ways.set(next, [...way, next]);
    }
  }
  return violations;
}

function impurity(monorepo: Monorepo, use: ResolvedImport): string | undefined {
  const { target } = use;
  if (target.kind === 'node') return 'Node module';
  if (target.kind === 'external') return 'third-party package';
  if (target.kind === 'file') return undefined;
  if (target.entry === 'node' || target.entry.startsWith('node/')) return 'Node entry point';
  return monorepo.table.pureMayImport.includes(target.name) ? undefined : 'impure package';
}
