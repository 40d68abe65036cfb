import { AppError, type ErrorKind } from '@slipway/base';

export const EXIT = { success: 0, failure: 1, usage: 2, interrupted: 130 } as const;

const EXIT_CODES: Readonly<Record<ErrorKind, number>> = {
  invalid: EXIT.usage,
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
  return error instanceof AppError ? EXIT_CODES[error.kind] : EXIT.failure;
}
