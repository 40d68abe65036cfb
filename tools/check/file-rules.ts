import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Violation } from '../layers/violation.ts';
import { listFiles } from './project-files.ts';
import { outcomeOfViolations, type StepOutcome } from './step.ts';

const MAX_LINES = 600;
const WARN_LINES = 300;
const CODE = ['{apps,packages,e2e,bench,tools}/**/*.{ts,tsx,sh}', '*.ts'];
/** `parse-reference.ts`, `parse-reference.integration.test.ts`, `vite.config.ts`, `env.d.ts`. */
const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;
/** Names that say nothing: a folder or file is named after a word of the glossary. */
const EMPTY_NAME = /(^|\/)(utils?|helpers?|common|services?|misc)(\/|\.tsx?$)|(^|\/)types\.ts$/;

/** Names and sizes of source files. */
export async function checkFileRules(root: string): Promise<StepOutcome> {
  const failures: Violation[] = [];
  const warnings: Violation[] = [];
  for (const path of await listFiles(root, CODE)) {
    if (!KEBAB_CASE.test(basename(path))) failures.push({ where: path, message: 'file names are kebab-case' });
    if (EMPTY_NAME.test(path)) failures.push({ where: path, message: 'name it after what it holds, with a word of docs/glossary.md' });
    const lines = (await readFile(join(root, path), 'utf8')).split('\n').length - 1;
    if (lines > MAX_LINES) failures.push({ where: path, message: `has ${lines} lines, ${MAX_LINES} is the limit` });
    else if (lines > WARN_LINES) warnings.push({ where: path, message: `has ${lines} lines; think again at ${WARN_LINES}` });
  }
  return outcomeOfViolations(failures, warnings);
}
