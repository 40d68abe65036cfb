import { type AppError, isAppError, messageOf, systemCodeOf } from '@slipway/base';
import { engineError } from '../errors.ts';

/** What a name answers that was just listed, or was something else, once somebody changed the tree. */
const CHANGED_CODES: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ESTALE', 'ENXIO', 'EAGAIN']);

export function changedWhileRead(path: string, why: string, cause?: unknown): AppError {
  const message = `Cannot make a layer: ${quoteBytes(path)} ${why} while it was read`;
  return engineError('CHANGED_WHILE_READ', message, { hint: 'Stop what writes to the files, then try again.', cause });
}

/** Turns what the system says about a name of the tree into an error that names it; others pass unchanged. */
export function readFailure(path: string, error: unknown): unknown {
  const code = systemCodeOf(error);
  if (isAppError(error) || code === undefined) return error;
  if (CHANGED_CODES.has(code)) return changedWhileRead(path, 'changed or vanished', error);
  return engineError('LAYER_READ_FAILED', `Cannot make a layer: ${quoteBytes(path)} can't be read: ${messageOf(error)}`, { cause: error });
}

/** A name kept as one character a byte, for people: as UTF-8. */
export function quoteBytes(path: string): string {
  return JSON.stringify(Buffer.from(path, 'latin1').toString());
}
