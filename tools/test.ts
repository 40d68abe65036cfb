import { PROJECTS, type ProjectName, runProject } from './test-run/run-project.ts';
import { ensureSystemPackages } from './test-run/system-packages.ts';
import { addTestCounts, formatTestCounts, NO_TESTS } from './test-run/test-counts.ts';

// `npm test -- [unit|integration|e2e]... [VITEST ARGUMENT]...`: all projects in turn, or those named; ends with one line of counts.
const isProject = (word: string): word is ProjectName => PROJECTS.some((project) => project === word);
const words = process.argv.slice(2);
const firstOther = words.findIndex((word) => !isProject(word));
const named = (firstOther === -1 ? words : words.slice(0, firstOther)).filter(isProject);
const vitestArguments = firstOther === -1 ? [] : words.slice(firstOther);
const projects = named.length === 0 ? PROJECTS : PROJECTS.filter((project) => named.includes(project));

if (projects.some((project) => project !== 'unit')) await ensureSystemPackages();

let counts = NO_TESTS;
for (const project of projects) {
  const run = await runProject(project, vitestArguments);
  counts = addTestCounts(counts, run.counts);
  if (run.exitCode !== 0) process.exitCode = 1;
  // Ended by a signal: who sent it wants the whole run to end.
  if (run.exitCode > 128) break;
}
console.log(formatTestCounts(counts));
