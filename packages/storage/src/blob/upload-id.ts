import { storageError } from '../errors.ts';

const UPLOAD_ID = /^[A-Za-z0-9_-]{1,128}$/;

/** Whether the text can name an upload. What passes is also a safe file name. */
export function isUploadId(text: string): boolean {
  return UPLOAD_ID.test(text);
}

/** The error of an upload that is not there (or no longer). */
export function uploadUnknown(id: string, doing: string) {
  return storageError('UPLOAD_UNKNOWN', `Cannot ${doing} upload ${JSON.stringify(id.slice(0, 140))}: there is no such upload`);
}

/** The error of an id that cannot name an upload. */
export function uploadInvalid(id: string) {
  return storageError('UPLOAD_INVALID', `Cannot create upload ${JSON.stringify(id.slice(0, 140))}: the id is not well-formed`);
}
