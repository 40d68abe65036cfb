import { workspaceOf } from './import-target.ts';
import type { Monorepo, ResolvedFile } from './monorepo.ts';
import { isTestSupport } from './source-file.ts';
import type { Violation } from './violation.ts';
import { SCOPE, type Workspace } from './workspace.ts';

/** What a workspace imports it declares, and what it declares it imports. Tests also have the root's devDependencies and testkit. */
export function checkDependencyRules(monorepo: Monorepo): Violation[] {
  const root = monorepo.workspaces.find((workspace) => workspace.folder === '');
  const forTests = new Set([...Object.keys(root?.devDependencies ?? {}), `${SCOPE}testkit`]);
  const rootNames = new Set([...forTests, ...Object.keys(root?.dependencies ?? {})]);
  const filesOf = Map.groupBy(monorepo.files.values(), (file) => workspaceOf(file.path, monorepo.workspaces));
  const ofWorkspaces = monorepo.workspaces
    .filter((workspace) => workspace.folder !== '')
    .flatMap((workspace) => checkWorkspace(monorepo, { workspace, files: filesOf.get(workspace) ?? [], forTests }));
  return [...ofWorkspaces, ...checkRootFiles(filesOf.get(undefined) ?? [], rootNames)];
}

/** tools, e2e and bench: npm links every package of the monorepo for them, the rest is the root's. */
function checkRootFiles(files: readonly ResolvedFile[], declared: ReadonlySet<string>): Violation[] {
  return files.flatMap((file) =>
    file.imports
      .filter(({ target }) => target.kind === 'external' && !declared.has(target.name))
      .map((use) => ({ where: `${file.path}:${use.line}`, message: `imports "${use.specifier}", which package.json does not declare` })),
  );
}

interface WorkspaceToCheck {
  readonly workspace: Workspace;
  readonly files: readonly ResolvedFile[];
  /** What its tests may import undeclared. */
  readonly forTests: ReadonlySet<string>;
}

function checkWorkspace(monorepo: Monorepo, { workspace, files, forTests }: WorkspaceToCheck): Violation[] {
  const violations: Violation[] = [];
  const used = new Set<string>();
  for (const file of files) {
    const isTest = isTestSupport(file.path);
    for (const use of file.imports) {
      const name = packageName(use.target);
      if (name === undefined) continue;
      used.add(name);
      if (isDeclared(workspace, name, isTest) || (isTest && forTests.has(name)) || isLazy(monorepo, file.path, name)) continue;
      violations.push({
        where: `${file.path}:${use.line}`,
        message: `imports "${name}", which ${workspace.folder}/package.json does not declare`,
      });
    }
  }
  for (const name of declaredNames(workspace)) {
    if (used.has(name) || name.startsWith('@types/') || monorepo.table.lazily.some(({ to }) => SCOPE + to === name)) continue;
    violations.push({ where: `${workspace.folder}/package.json`, message: `declares "${name}", which nothing in it imports` });
  }
  return violations;
}

function packageName(target: ResolvedFile['imports'][number]['target']): string | undefined {
  if (target.kind === 'external') return target.name;
  return target.kind === 'workspace' ? SCOPE + target.name : undefined;
}

function isDeclared(workspace: Workspace, name: string, isTest: boolean): boolean {
  return (
    Object.hasOwn(workspace.dependencies, name) ||
    Object.hasOwn(workspace.optionalDependencies, name) ||
    (isTest && Object.hasOwn(workspace.devDependencies, name))
  );
}

function declaredNames(workspace: Workspace): string[] {
  return [workspace.dependencies, workspace.optionalDependencies, workspace.devDependencies].flatMap((table) => Object.keys(table));
}

function isLazy(monorepo: Monorepo, path: string, name: string): boolean {
  return monorepo.table.lazily.some(({ from, to }) => from === path && SCOPE + to === name);
}
