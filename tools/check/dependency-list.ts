import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Violation } from '../layers/violation.ts';
import { readWorkspaces, SCOPE, type Workspace } from '../layers/workspace.ts';
import { findMissingOptionals, type LockFile } from '../lock/complete-lock.ts';
import { outcomeOfViolations, type StepOutcome } from './step.ts';

const LIST = 'docs/dependencies.md';
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

/** Third-party dependencies are pinned, have a reason in docs/dependencies.md, and the lock file is whole and up to date. */
export async function checkDependencyList(root: string): Promise<StepOutcome> {
  const [workspaces, list, lock] = await Promise.all([
    readWorkspaces(root),
    readFile(join(root, LIST), 'utf8'),
    readFile(join(root, 'package-lock.json'), 'utf8').then((text) => JSON.parse(text) as LockFile),
  ]);
  const listed = new Set([...list.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1] ?? ''));
  const failures = workspaces.flatMap((workspace) => checkWorkspace(workspace, listed, lock));
  for (const { from, name } of findMissingOptionals(lock)) {
    failures.push({ where: 'package-lock.json', message: `lacks "${name}", which ${from} names: run npm run lock` });
  }
  const used = new Set(workspaces.flatMap((workspace) => Object.keys(allDependencies(workspace))));
  for (const name of listed) {
    if (!used.has(name)) failures.push({ where: LIST, message: `lists "${name}", which no package.json declares` });
  }
  return outcomeOfViolations(failures);
}

function checkWorkspace(workspace: Workspace, listed: ReadonlySet<string>, lock: LockFile): Violation[] {
  const where = join(workspace.folder, 'package.json');
  const violations: Violation[] = [];
  for (const [name, version] of Object.entries(allDependencies(workspace))) {
    if (!EXACT.test(version)) violations.push({ where, message: `"${name}" is not pinned: "${version}"` });
    if (!name.startsWith(SCOPE) && !listed.has(name)) violations.push({ where, message: `"${name}" has no reason in ${LIST}` });
  }
  const locked = lock.packages[workspace.folder];
  if (locked === undefined || !isSame(workspace, locked)) {
    violations.push({ where, message: 'differs from package-lock.json: run npm install' });
  }
  return violations;
}

type Declarations = Partial<Pick<Workspace, 'dependencies' | 'optionalDependencies' | 'devDependencies'>>;

function allDependencies(workspace: Declarations): Record<string, string> {
  return { ...workspace.dependencies, ...workspace.optionalDependencies, ...workspace.devDependencies };
}

function isSame(workspace: Workspace, locked: Declarations): boolean {
  const lines = (one: Declarations): string =>
    Object.entries(allDependencies(one))
      .map(([name, version]) => `${name} ${version}`)
      .sort()
      .join('\n');
  return lines(workspace) === lines(locked);
}
