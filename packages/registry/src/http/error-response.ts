import { type AppError, HTTP_STATUS, isAppError, messageOf } from '@slipway/base';
import { REGISTRY_ERRORS, type RegistryErrorCode, registryError } from '../errors.ts';

/** Codes whose status the specification fixes apart from their kind. */
const STATUS_BY_CODE: Readonly<Partial<Record<string, number>>> = {
  MANIFEST_TOO_LARGE: 413,
  TOO_MANY_TAGS: 414,
};

/** What other packages throw, in the specification's codes. */
const CODE_BY_FOREIGN: Readonly<Record<string, RegistryErrorCode>> = {
  STORAGE_FULL: 'UNAVAILABLE',
  STORAGE_READ_ONLY: 'UNAVAILABLE',
  STORAGE_BUSY: 'UNAVAILABLE',
  STORAGE_FAILED: 'UNKNOWN',
  DATABASE_FULL: 'UNAVAILABLE',
  DATABASE_CLOSED: 'UNAVAILABLE',
  UPLOAD_UNKNOWN: 'BLOB_UPLOAD_UNKNOWN',
  OFFSET_MISMATCH: 'RANGE_INVALID',
  LENGTH_MISMATCH: 'SIZE_INVALID',
  DIGEST_MISMATCH: 'DIGEST_INVALID',
  BLOB_UNKNOWN: 'BLOB_UNKNOWN',
  ECANCELED: 'UNAVAILABLE',
  SCHEMA1_UNSUPPORTED: 'MANIFEST_INVALID',
};

export interface ErrorResponse {
  readonly status: number;
  readonly code: RegistryErrorCode;
  /** `{"errors":[{"code","message","detail"}]}` of the distribution specification. */
  readonly body: string;
  /** True when someone who runs the registry should look into it. */
  readonly serious: boolean;
}

export function isRegistryCode(code: string): code is RegistryErrorCode {
  return Object.hasOwn(REGISTRY_ERRORS, code);
}

/** The one place where an error becomes a distribution response. Errors that are not ours become UNKNOWN and tell the client nothing. */
export function toErrorResponse(error: unknown): ErrorResponse {
  const known = toRegistryError(error);
  const code = isRegistryCode(known.code) ? known.code : 'UNKNOWN';
  const message = known.hint === undefined ? known.message : `${known.message}. ${known.hint}`;
  // Docker schema 2's error readers expect one entry for each missing blob.
  const details = code === 'MANIFEST_BLOB_UNKNOWN' && Array.isArray(known.details) ? known.details : [known.details];
  const errors = details.map((detail: unknown) => ({ code, message, ...(detail === undefined ? {} : { detail }) }));
  const status = STATUS_BY_CODE[known.code] ?? HTTP_STATUS[known.kind];
  return { status, code, body: JSON.stringify({ errors }), serious: status >= 500 };
}

function toRegistryError(error: unknown): AppError {
  if (!isAppError(error)) return registryError('UNKNOWN', 'The registry failed', { cause: error, internal: messageOf(error) });
  if (isRegistryCode(error.code)) return error;
  const code = CODE_BY_FOREIGN[error.code];
  if (code === undefined) return registryError('UNKNOWN', 'The registry failed', { cause: error, internal: error.message });
  return registryError(code, error.message, {
    cause: error,
    details: error.details,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}
