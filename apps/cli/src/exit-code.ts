import { AppError, type ErrorKind, isAppError } from '@slipway/base';

/** Docker's: a flag that is unknown or malformed is told from everything else that fails, and so is a template that `inspect` cannot read. */
export const EXIT = { success: 0, failure: 1, badTemplate: 64, badFlag: 125, interrupted: 130 } as const;

const EXIT_CODES: Readonly<Record<ErrorKind, number>> = {
  invalid: EXIT.failure,
  unauthenticated: EXIT.failure,
  denied: EXIT.failure,
  'not-found': EXIT.failure,
  'already-exists': EXIT.failure,
  conflict: EXIT.failure,
  precondition: EXIT.failure,
  'out-of-range': EXIT.failure,
  exhausted: EXIT.failure,
  unsupported: EXIT.failure,
  unavailable: EXIT.failure,
  cancelled: EXIT.interrupted,
  'data-loss': EXIT.failure,
  internal: EXIT.failure,
};

/** The exit code of whatever ended a command. */
export function exitCodeOf(error: unknown): number {
  if (isAppError(error, 'FLAG_INVALID')) return EXIT.badFlag;
  return error instanceof AppError ? EXIT_CODES[error.kind] : EXIT.failure;
}
