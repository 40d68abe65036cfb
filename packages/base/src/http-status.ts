import type { ErrorKind } from './app-error.ts';

/** The HTTP status of each error kind: the one table that every HTTP edge uses. */
export const HTTP_STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  denied: 403,
  'not-found': 404,
  'already-exists': 409,
  conflict: 409,
  precondition: 412,
  'out-of-range': 416,
  exhausted: 429,
  unsupported: 405,
  unavailable: 503,
  cancelled: 499,
  'data-loss': 500,
  internal: 500,
};
