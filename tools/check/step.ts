import { formatViolation, type Violation } from '../layers/violation.ts';
import type { ProgramOutcome } from '../program.ts';

/** One part of `npm run check`. */
export interface Step {
  readonly name: string;
  run(): Promise<StepOutcome>;
}

export interface StepOutcome {
  readonly isPassed: boolean;
  /** What to read: failures, or warnings of a step that passed. Empty when there is nothing to say. */
  readonly report: string;
}

export function outcomeOfViolations(failures: readonly Violation[], warnings: readonly Violation[] = []): StepOutcome {
  const lines = [...failures.map(formatViolation), ...warnings.map((warning) => `warning: ${formatViolation(warning)}`)];
  return { isPassed: failures.length === 0, report: lines.join('\n') };
}

export function outcomeOfProgram({ exitCode, output }: ProgramOutcome): StepOutcome {
  return { isPassed: exitCode === 0, report: exitCode === 0 ? '' : output.trim() };
}
