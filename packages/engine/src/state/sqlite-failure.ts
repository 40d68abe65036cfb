import { type AppError, isAppError, messageOf } from '@slipway/base';
import { engineError } from '../errors.ts';

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;

/** Whether another connection stands in the way, which passes. */
export function isBusy(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return false;
  const primary = error.errcode & 0xff;
  return primary === SQLITE_BUSY || primary === SQLITE_LOCKED;
}

/** STATE_BUSY or STATE_FAILED for what SQLite threw; what is no error of SQLite passes as it is. */
export function stateFailure(doing: string, error: unknown): unknown {
  if (isBusy(error)) return stateBusy(doing, error);
  if (isAppError(error) || !(error instanceof Error) || !('code' in error) || error.code !== 'ERR_SQLITE_ERROR') return error;
  return engineError('STATE_FAILED', `Cannot ${doing}: ${messageOf(error)}`, { cause: error });
}

export function stateBusy(doing: string, cause: unknown): AppError {
  return engineError('STATE_BUSY', `Cannot ${doing}: another command keeps it locked`, { cause });
}
