import { type AppError, isAppError, messageOf } from '@slipway/base';
import { engineError } from '../errors.ts';

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_READONLY = 8;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
/** How a full disk is seen by whoever opens the database first. */
const SQLITE_IOERR_SHMSIZE = 10 | (19 << 8);

/** Whether another connection stands in the way, which passes. */
export function isBusy(error: unknown): boolean {
  const primary = primaryCodeOf(error);
  return primary === SQLITE_BUSY || primary === SQLITE_LOCKED;
}

/** STATE_BUSY, HOME_FULL, HOME_UNUSABLE or STATE_FAILED for what SQLite threw; what is no error of SQLite passes as it is. */
export function stateFailure(doing: string, error: unknown): unknown {
  if (isBusy(error)) return stateBusy(doing, error);
  if (isAppError(error) || !(error instanceof Error) || !('code' in error) || error.code !== 'ERR_SQLITE_ERROR') return error;
  const primary = primaryCodeOf(error);
  if (primary === SQLITE_FULL || codeOf(error) === SQLITE_IOERR_SHMSIZE) {
    return engineError('HOME_FULL', `Cannot ${doing}: no space is left where $SLIPWAY_HOME lies`, { cause: error });
  }
  // A reader in WAL mode writes as well: beside the database lies what readers and writers share.
  if (primary === SQLITE_READONLY || primary === SQLITE_CANTOPEN) {
    return engineError('HOME_UNUSABLE', `Cannot ${doing}: $SLIPWAY_HOME is read-only, or belongs to somebody else`, { cause: error });
  }
  return engineError('STATE_FAILED', `Cannot ${doing}: ${messageOf(error)}`, { cause: error });
}

export function stateBusy(doing: string, cause: unknown): AppError {
  return engineError('STATE_BUSY', `Cannot ${doing}: another command keeps it locked`, { cause });
}

function primaryCodeOf(error: unknown): number | undefined {
  const code = codeOf(error);
  return code === undefined ? undefined : code & 0xff;
}

function codeOf(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined;
}
