import { AppError, type AppErrorOptions, isAppError, messageOf } from '@slipway/base';
import { storageError } from '../../errors.ts';

/** What the writing thread is started with. */
export interface WriterSettings {
  readonly file: string;
}

export interface WriteRequest {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
}

export type WriteReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: AppErrorOptions }
  | { readonly kind: 'done'; readonly replies: readonly WriteOutcome[] };

export type WriteOutcome = { readonly id: number; readonly output: unknown } | { readonly id: number; readonly error: AppErrorOptions };

const SQLITE_READONLY = 8;
const SQLITE_FULL = 13;

/** An error as plain data: only plain data crosses threads. */
export function packError(error: unknown): AppErrorOptions {
  const known = isAppError(error) ? error : databaseError(error);
  return {
    kind: known.kind,
    code: known.code,
    message: known.message,
    details: known.details,
    ...(known.hint === undefined ? {} : { hint: known.hint }),
    ...(known.internal === undefined ? {} : { internal: known.internal }),
  };
}

export function unpackError(packed: AppErrorOptions): AppError {
  return new AppError(packed);
}

/** What SQLite threw, in our words. */
export function databaseError(error: unknown): AppError {
  const code = sqliteCodeOf(error);
  const options = { cause: error, internal: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  if (code === SQLITE_FULL) return storageError('DATABASE_FULL', 'Cannot write to the database: the disk is full', options);
  if (code === SQLITE_READONLY) return storageError('DATABASE_FAILED', 'Cannot write to the database: it is read-only', options);
  return storageError('DATABASE_FAILED', `The database failed: ${messageOf(error)}`, options);
}

function sqliteCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}
