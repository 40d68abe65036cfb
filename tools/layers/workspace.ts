import { glob, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

type Dependencies = Readonly<Record<string, string>>;

/** One `package.json` of the monorepo. */
export interface Workspace {
  /** `@slipway/base` without the scope; `slipway` for the root. */
  readonly name: string;
  /** Relative to the root; empty for the root itself. */
  readonly folder: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: Dependencies;
  readonly devDependencies: Dependencies;
  readonly optionalDependencies: Dependencies;
}

export const SCOPE = '@slipway/';

/** The root first, then apps and packages by folder. */
export async function readWorkspaces(root: string): Promise<Workspace[]> {
  const files: string[] = [];
  for await (const file of glob('{apps,packages}/*/package.json', { cwd: root })) files.push(file);
  return Promise.all(['package.json', ...files.sort()].map((file) => readWorkspace(root, file)));
}

async function readWorkspace(root: string, file: string): Promise<Workspace> {
  const content = JSON.parse(await readFile(join(root, file), 'utf8')) as Partial<Workspace> & { name: string };
  const folder = dirname(file);
  return {
    name: content.name.startsWith(SCOPE) ? content.name.slice(SCOPE.length) : content.name,
    folder: folder === '.' ? '' : folder,
    exports: content.exports ?? {},
    dependencies: content.dependencies ?? {},
    devDependencies: content.devDependencies ?? {},
    optionalDependencies: content.optionalDependencies ?? {},
  };
}
