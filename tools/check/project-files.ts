import { glob } from 'node:fs/promises';

const SKIPPED = /(^|\/)(node_modules|\.cache|\.git|data|dist|testdata|testdata-invalid)$/;

/** Paths below the root that match, sorted; without what is installed, generated, or data of tests. */
export async function listFiles(root: string, patterns: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for await (const path of glob([...patterns], { cwd: root, exclude: (entry) => SKIPPED.test(entry) })) paths.push(path);
  return paths.sort();
}
