import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Comparison } from './compare.ts';

/** Git does not see it. */
export const RESULTS_FOLDER = fileURLToPath(new URL('./results', import.meta.url));

/** Resolves to the file: every single figure, for comparing runs of different days. */
export async function writeResults(comparisons: readonly Comparison[], at: Date): Promise<string> {
  await mkdir(RESULTS_FOLDER, { recursive: true });
  const file = join(RESULTS_FOLDER, `${at.toISOString().replaceAll(/[:.]/g, '-')}.json`);
  const machine = { cores: cpus().length, model: cpus()[0]?.model, node: process.version };
  const cases = comparisons.map(({ case: item, ...figures }) => ({ name: item.name, title: item.title, ...figures }));
  await writeFile(file, JSON.stringify({ at, machine, cases }, undefined, 2));
  return file;
}
