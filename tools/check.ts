import type { Step, StepOutcome } from './check/step.ts';
import { STEPS } from './check/steps.ts';

// `npm run check [STEP...]`: every rule that needs no test run, all at once. Names of steps choose some.
const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !STEPS.some((step) => step.name === name));
if (unknown.length > 0) {
  console.error(`Cannot check "${unknown.join('", "')}": the steps are ${STEPS.map((step) => `"${step.name}"`).join(', ')}.`);
  process.exit(2);
}
const steps = chosen.length === 0 ? STEPS : STEPS.filter((step) => chosen.includes(step.name));
const outcomes = await Promise.all(steps.map(runStep));
const failed = outcomes.filter((outcome) => !outcome.isPassed).length;
console.log(failed === 0 ? `Check passed: ${steps.length} steps.` : `Check failed: ${failed} of ${steps.length} steps.`);
process.exitCode = failed === 0 ? 0 : 1;

async function runStep(step: Step): Promise<StepOutcome> {
  const started = performance.now();
  const outcome = await step.run().catch(outcomeOfCrash);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${outcome.isPassed ? 'ok    ' : 'FAILED'} ${seconds.padStart(5)} s  ${step.name}`);
  if (outcome.report !== '') console.log(outcome.report.replace(/^(?=.)/gm, '    '));
  return outcome;
}

function outcomeOfCrash(error: unknown): StepOutcome {
  return { isPassed: false, report: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
