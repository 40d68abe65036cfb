import { type ImportTarget, resolveImport } from './import-target.ts';
import { type ImportUse, readSourceFiles, type SourceFile } from './source-file.ts';
import { type LayerTable, readLayerTable } from './table.ts';
import { readWorkspaces, type Workspace } from './workspace.ts';

export interface ResolvedImport extends ImportUse {
  readonly target: ImportTarget;
}

export interface ResolvedFile extends SourceFile {
  readonly imports: readonly ResolvedImport[];
}

/** Everything the layer rules look at. */
export interface Monorepo {
  readonly table: LayerTable;
  readonly workspaces: readonly Workspace[];
  /** By path. */
  readonly files: ReadonlyMap<string, ResolvedFile>;
}

export async function readMonorepo(root: string): Promise<Monorepo> {
  const [table, workspaces, files] = await Promise.all([readLayerTable(root), readWorkspaces(root), readSourceFiles(root)]);
  return createMonorepo(table, workspaces, files);
}

export function createMonorepo(table: LayerTable, workspaces: readonly Workspace[], files: readonly SourceFile[]): Monorepo {
  const resolved = files.map((file): ResolvedFile => {
    const imports = file.imports.map((use) => ({ ...use, target: resolveImport(file, use, workspaces) }));
    return { ...file, imports };
  });
  return { table, workspaces, files: new Map(resolved.map((file) => [file.path, file])) };
}
