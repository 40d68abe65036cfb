import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runTool } from '../program.ts';
import { ROOT } from '../root.ts';
import { addTestCounts, NO_TESTS, parseTestCounts, type TestCounts } from './test-counts.ts';

export const PROJECTS = ['unit', 'integration', 'e2e'] as const;
export type ProjectName = (typeof PROJECTS)[number];

export interface ProjectRun {
  readonly exitCode: number;
  readonly counts: TestCounts;
}

/** Runs one vitest project, its output shown. A run that ends badly has at least one failure, also when no test could say so. */
export async function runProject(
  project: ProjectName,
  vitestArguments: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ProjectRun> {
  const reportFile = join(ROOT, '.cache/test', `${project}-${process.pid}.json`);
  await mkdir(dirname(reportFile), { recursive: true });
  const options = ['run', '--root', ROOT, '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
  const { exitCode } = await runTool('vitest', [...options, ...vitestArguments], { isShown: true, env });
  const counts = await readCounts(reportFile);
  await rm(reportFile, { force: true });
  return { exitCode, counts: exitCode !== 0 && counts.failed === 0 ? addTestCounts(counts, { ...NO_TESTS, failed: 1 }) : counts };
}

async function readCounts(file: string): Promise<TestCounts> {
  try {
    return parseTestCounts(await readFile(file, 'utf8'));
  } catch (error) {
    console.error(`Cannot read the test report: ${String(error)}`);
    return NO_TESTS;
  }
}
