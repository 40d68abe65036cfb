import { type ErrorTable, errorFactory } from '@slipway/base';

export const STORAGE_ERRORS = {
  STORAGE_FULL: { kind: 'unavailable', advice: 'Free space on the volume of the data folder, or run `slipway gc`, then push again.' },
  STORAGE_READ_ONLY: { kind: 'unavailable', advice: 'Make the data folder writable for the server and mount it read-write.' },
  STORAGE_FAILED: { kind: 'data-loss', advice: 'Look at the server log and the disk; `slipway verify` tells which blobs are damaged.' },
  STORAGE_BUSY: { kind: 'unavailable', advice: 'The server has too many files open: raise its limit (`ulimit -n`), then try again.' },
  UPLOAD_INVALID: { kind: 'invalid', advice: 'An upload id has 1 to 128 of the characters A-Z, a-z, 0-9, `_` and `-`.' },
  UPLOAD_EXISTS: { kind: 'already-exists', advice: 'Choose another upload id.' },
  RANGE_INVALID: { kind: 'out-of-range', advice: 'Ask for bytes that the blob has.' },
  ECANCELED: { kind: 'cancelled', advice: 'The other side hung up, or the server is stopping: try again.' },
  UPLOAD_UNKNOWN: { kind: 'not-found', advice: 'The upload has ended or expired: begin a new one.' },
  OFFSET_MISMATCH: { kind: 'out-of-range', advice: "Ask for the upload's state and go on from there." },
  LENGTH_MISMATCH: { kind: 'invalid', advice: 'Send exactly as many bytes as were announced.' },
  DIGEST_MISMATCH: { kind: 'invalid', advice: 'The bytes are not those of the digest: compute it again and send them again.' },
  BLOB_UNKNOWN: { kind: 'not-found', advice: 'Nothing is stored under this digest.' },
  DATABASE_FULL: { kind: 'unavailable', advice: 'Free space on the volume of the data folder, then try again.' },
  DATABASE_FAILED: { kind: 'internal', advice: 'Look at the server log; check the disk and the permissions of the data folder.' },
  DATABASE_NEWER: { kind: 'precondition', advice: 'Start the version of Slipway that used this data folder last, or a later one.' },
  DATABASE_CLOSED: { kind: 'unavailable', advice: 'The server is stopping: try again when it is back.' },
} as const satisfies ErrorTable;

export const storageError = errorFactory(STORAGE_ERRORS);
