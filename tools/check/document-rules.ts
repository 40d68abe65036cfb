import { readFile, stat } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { Violation } from '../layers/violation.ts';
import { listFiles } from './project-files.ts';
import { outcomeOfViolations, type StepOutcome } from './step.ts';

const REQUIRED = ['CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'SCOPE.md', 'docs/dependencies.md', 'docs/errors.md', 'docs/glossary.md'];
const FENCED = /^(```|~~~).*?^\1/gms;
const LINK = /\]\(([^)\s]+)\)/g;
/** A path in backticks that starts with a folder of the root: `packages/oci/src/digest.ts`, maybe with `:12` or `#name` behind it. */
const NAMED_FILE = /`((?:apps|packages|tools|bin|docs|e2e|bench|library|examples)\/[\w./@-]+)(?:[:#][\w-]+)?`/g;

/** Documents that must be there are, relative links resolve, and the files that docs/architecture names exist. */
export async function checkDocumentRules(root: string): Promise<StepOutcome> {
  const failures: Violation[] = [];
  for (const path of REQUIRED) {
    if (!(await exists(join(root, path)))) failures.push({ where: path, message: 'is missing' });
  }
  for (const path of await listFiles(root, ['**/*.md'])) {
    const text = (await readFile(join(root, path), 'utf8')).replace(FENCED, (block) => block.replace(/[^\n]/g, ''));
    failures.push(...(await checkTargets(root, findLinks(path, text))));
    if (path.startsWith('docs/architecture/')) failures.push(...(await checkTargets(root, findNamedFiles(path, text))));
  }
  return outcomeOfViolations(failures);
}

interface NamedTarget {
  readonly where: string;
  readonly written: string;
  /** Relative to the root. */
  readonly target: string;
}

function findLinks(path: string, text: string): NamedTarget[] {
  return [...text.matchAll(LINK)].flatMap((match) => {
    const written = match[1] ?? '';
    const file = decodeURI(written.split('#')[0] ?? '');
    if (file === '' || /^[a-z][a-z0-9+.-]*:/i.test(written)) return [];
    const target = file.startsWith('/') ? file.slice(1) : normalize(join(dirname(path), file));
    return [{ where: `${path}:${lineAt(text, match.index)}`, written, target }];
  });
}

function findNamedFiles(path: string, text: string): NamedTarget[] {
  return [...text.matchAll(NAMED_FILE)].map((match) => {
    const written = match[1] ?? '';
    return { where: `${path}:${lineAt(text, match.index)}`, written, target: written };
  });
}

async function checkTargets(root: string, targets: readonly NamedTarget[]): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const { where, written, target } of targets) {
    if (!(await exists(join(root, target)))) violations.push({ where, message: `names "${written}", which does not exist` });
  }
  return violations;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
