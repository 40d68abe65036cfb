import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** `tools/layers.json`: who may import whom, by workspace name without its scope. */
export interface LayerTable {
  /** `hub` allows every entry point of hub, `hub/api` that one alone. */
  readonly mayImport: Readonly<Record<string, readonly string[]>>;
  /** Exceptions: this file may load that package, by `import()` alone. */
  readonly lazily: readonly { readonly from: string; readonly to: string }[];
  /** Entry points that run anywhere: nothing they reach is Node's or third-party. Those not written yet are skipped. */
  readonly pure: readonly string[];
  readonly pureMayImport: readonly string[];
}

export async function readLayerTable(root: string): Promise<LayerTable> {
  return JSON.parse(await readFile(join(root, 'tools/layers.json'), 'utf8')) as LayerTable;
}
