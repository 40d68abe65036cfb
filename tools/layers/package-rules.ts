import { fileOf, workspaceOf } from './import-target.ts';
import type { Monorepo, ResolvedFile, ResolvedImport } from './monorepo.ts';
import { isTestSupport } from './source-file.ts';
import type { Violation } from './violation.ts';
import { SCOPE, type Workspace } from './workspace.ts';

/** Who may import whom: `mayImport`, entry points included; nobody reaches into another package's folder. */
export function checkPackageRules(monorepo: Monorepo): Violation[] {
  const violations: Violation[] = [];
  for (const file of monorepo.files.values()) {
    for (const use of file.imports) {
      const message = judge(monorepo, file, use);
      if (message !== undefined) violations.push({ where: `${file.path}:${use.line}`, message });
    }
  }
  for (const { name, folder } of monorepo.workspaces) {
    if (folder !== '' && !Object.hasOwn(monorepo.table.mayImport, name)) {
      violations.push({ where: `${folder}/package.json`, message: `"${name}" has no row in tools/layers.json` });
    }
  }
  return violations;
}

function judge(monorepo: Monorepo, file: ResolvedFile, use: ResolvedImport): string | undefined {
  const owner = workspaceOf(file.path, monorepo.workspaces);
  if (use.target.kind === 'file') return judgeRelative(monorepo, owner, use);
  if (use.target.kind !== 'workspace') return undefined;

  const { name, entry } = use.target;
  const target = monorepo.workspaces.find((workspace) => workspace.name === name);
  if (target === undefined) return `imports "${use.specifier}", which is no package of this monorepo`;
  if (owner?.name === name) return `imports its own package as "${use.specifier}": use a relative path`;
  if (target.folder.startsWith('apps/')) return judgeApp(monorepo, file, use);
  if (name === 'testkit') {
    return isTestSupport(file.path) ? undefined : `imports "${use.specifier}": testkit is for tests, e2e and bench`;
  }
  // e2e, bench and tools stand outside the layers.
  if (owner === undefined) return undefined;

  const allowed = monorepo.table.mayImport[owner.name] ?? [];
  if (allowed.includes(name) || allowed.includes(`${name}/${entry}`)) return undefined;
  return `"${owner.name}" may not import "${use.specifier}" (it may import: ${allowed.map((item) => SCOPE + item).join(', ') || 'nothing'})`;
}

function judgeApp(monorepo: Monorepo, file: ResolvedFile, use: ResolvedImport): string | undefined {
  const exception = monorepo.table.lazily.find(({ from, to }) => from === file.path && SCOPE + to === use.specifier);
  if (exception === undefined) return `imports "${use.specifier}": nothing imports an app`;
  return use.form === 'static' ? `imports "${use.specifier}" at once: load it by import() where it is needed` : undefined;
}

function judgeRelative(monorepo: Monorepo, owner: Workspace | undefined, use: ResolvedImport): string | undefined {
  const target = workspaceOf(fileOf(use.target) ?? '', monorepo.workspaces);
  if (target === undefined) return owner === undefined ? undefined : `reaches out of its package by "${use.specifier}"`;
  return target.name === owner?.name ? undefined : `reaches into "${target.name}" by "${use.specifier}": import ${SCOPE}${target.name}`;
}
