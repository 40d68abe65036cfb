import { posix } from 'node:path';
import type { ImportUse, SourceFile } from './source-file.ts';
import { SCOPE, type Workspace } from './workspace.ts';

/** What an import names. */
export type ImportTarget =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'workspace'; readonly name: string; readonly entry: string; readonly path: string | undefined }
  | { readonly kind: 'external'; readonly name: string };

/** Resolves an import as Node would, without touching the disk. `entry` is `''` for the main one, else `api`, `node`, … */
export function resolveImport(from: SourceFile, use: ImportUse, workspaces: readonly Workspace[]): ImportTarget {
  const { specifier } = use;
  if (specifier.startsWith('.')) return { kind: 'file', path: posix.join(posix.dirname(from.path), specifier) };
  if (specifier.startsWith('node:')) return { kind: 'node', name: specifier };
  if (specifier.startsWith(SCOPE)) return resolveWorkspace(specifier.slice(SCOPE.length), workspaces);
  return { kind: 'external', name: specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/') };
}

function resolveWorkspace(specifier: string, workspaces: readonly Workspace[]): ImportTarget {
  const [name = '', ...rest] = specifier.split('/');
  const entry = rest.join('/');
  const workspace = workspaces.find((candidate) => candidate.name === name);
  const target = workspace?.exports[entry === '' ? '.' : `./${entry}`];
  return { kind: 'workspace', name, entry, path: workspace && target ? posix.join(workspace.folder, target) : undefined };
}

/** The file inside the monorepo that the import loads, if it does. */
export function fileOf(target: ImportTarget): string | undefined {
  return target.kind === 'file' || target.kind === 'workspace' ? target.path : undefined;
}

/** The workspace whose folder holds the file. */
export function workspaceOf(path: string, workspaces: readonly Workspace[]): Workspace | undefined {
  return workspaces.find((workspace) => workspace.folder !== '' && path.startsWith(`${workspace.folder}/`));
}
