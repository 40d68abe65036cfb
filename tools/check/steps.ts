import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ERRORS_PAGE, renderErrorsPage } from '../errors-page.ts';
import { checkLayers } from '../layers.ts';
import { runTool } from '../program.ts';
import { ROOT } from '../root.ts';
import { checkDependencyList } from './dependency-list.ts';
import { checkDocumentRules } from './document-rules.ts';
import { checkFileRules } from './file-rules.ts';
import { outcomeOfProgram, outcomeOfViolations, type Step, type StepOutcome } from './step.ts';

export const STEPS: readonly Step[] = [
  {
    name: 'format',
    run: async () => outcomeOfProgram(await runTool('@biomejs/biome', ['check', '--linter-enabled=false', '--colors=off'])),
  },
  { name: 'lint', run: async () => outcomeOfProgram(await runTool('oxlint', ['--type-aware', '--deny-warnings'])) },
  { name: 'types', run: () => checkTypes('tsconfig.json') },
  { name: 'types of pure entry points', run: () => checkTypes('tools/tsconfig.pure.json') },
  { name: 'layers', run: async () => outcomeOfViolations(await checkLayers(ROOT)) },
  { name: 'files', run: () => checkFileRules(ROOT) },
  { name: 'documents', run: () => checkDocumentRules(ROOT) },
  { name: 'dependencies', run: () => checkDependencyList(ROOT) },
  { name: 'error page', run: checkErrorsPage },
];

async function checkTypes(project: string): Promise<StepOutcome> {
  return outcomeOfProgram(await runTool('typescript', ['--noEmit', '--pretty', 'false', '-p', project], { name: 'tsc' }));
}

async function checkErrorsPage(): Promise<StepOutcome> {
  const [page, wanted] = await Promise.all([readFile(join(ROOT, ERRORS_PAGE), 'utf8'), renderErrorsPage(ROOT)]);
  return outcomeOfViolations(page === wanted ? [] : [{ where: ERRORS_PAGE, message: 'is not up to date: run npm run docs' }]);
}
