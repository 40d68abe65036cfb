import { type AppError, isAppError, messageOf, systemCodeOf } from '@slipway/base';
import { type STORAGE_ERRORS, storageError } from '../../errors.ts';

const CODES: Readonly<Record<string, keyof typeof STORAGE_ERRORS>> = {
  ENOSPC: 'STORAGE_FULL',
  EDQUOT: 'STORAGE_FULL',
  EFBIG: 'STORAGE_FULL',
  EROFS: 'STORAGE_READ_ONLY',
  EACCES: 'STORAGE_READ_ONLY',
  EPERM: 'STORAGE_READ_ONLY',
  EMFILE: 'STORAGE_BUSY',
  ENFILE: 'STORAGE_BUSY',
};

/** The STORAGE_* error for what a system call threw; an error that has a code of ours already is returned as it is. The path stays internal. */
export function storageFailure(doing: string, error: unknown): AppError {
  if (isAppError(error)) return error;
  const systemCode = systemCodeOf(error);
  const code = CODES[systemCode ?? ''] ?? 'STORAGE_FAILED';
  return storageError(code, `Cannot ${doing}: ${systemCode ?? 'unexpected failure'}`, { cause: error, internal: messageOf(error) });
}

export function isAbsent(error: unknown): boolean {
  return systemCodeOf(error) === 'ENOENT';
}
