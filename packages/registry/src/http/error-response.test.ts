import { AppError } from '@slipway/base';
import { describe, expect, it } from 'vitest';
import { REGISTRY_ERRORS, type RegistryErrorCode, registryError } from '../errors.ts';
import { isRegistryCode, toErrorResponse } from './error-response.ts';

const STATUS: Record<RegistryErrorCode, number> = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 400,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  MANIFEST_TOO_LARGE: 413,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  TAG_INVALID: 400,
  TOO_MANY_TAGS: 414,
  SIZE_INVALID: 400,
  RANGE_INVALID: 416,
  PAGINATION_NUMBER_INVALID: 400,
  UNAUTHORIZED: 401,
  DENIED: 403,
  UNSUPPORTED: 405,
  TOOMANYREQUESTS: 429,
  UNAVAILABLE: 503,
  UNKNOWN: 500,
};

describe('toErrorResponse()', () => {
  it.each(Object.keys(REGISTRY_ERRORS).filter(isRegistryCode))('toErrorResponse() gives %s its status and body', (code) => {
    const reply = toErrorResponse(registryError(code, 'It failed'));
    expect(reply).toMatchObject({ status: STATUS[code], code, serious: STATUS[code] >= 500 });
    expect(JSON.parse(reply.body)).toEqual({ errors: [{ code, message: 'It failed' }] });
  });

  it.each([
    ['UPLOAD_UNKNOWN', 'not-found', 'BLOB_UPLOAD_UNKNOWN', 404],
    ['OFFSET_MISMATCH', 'out-of-range', 'RANGE_INVALID', 416],
    ['LENGTH_MISMATCH', 'invalid', 'SIZE_INVALID', 400],
    ['DIGEST_MISMATCH', 'invalid', 'DIGEST_INVALID', 400],
    ['BLOB_UNKNOWN', 'not-found', 'BLOB_UNKNOWN', 404],
    ['STORAGE_FULL', 'unavailable', 'UNAVAILABLE', 503],
    ['STORAGE_READ_ONLY', 'unavailable', 'UNAVAILABLE', 503],
    ['STORAGE_BUSY', 'unavailable', 'UNAVAILABLE', 503],
    ['ECANCELED', 'cancelled', 'UNAVAILABLE', 503],
    ['SCHEMA1_UNSUPPORTED', 'unsupported', 'MANIFEST_INVALID', 400],
    ['DATABASE_FULL', 'unavailable', 'UNAVAILABLE', 503],
    ['DATABASE_CLOSED', 'unavailable', 'UNAVAILABLE', 503],
    ['STORAGE_FAILED', 'internal', 'UNKNOWN', 500],
  ] as const)('toErrorResponse() translates %s', (foreign, kind, code, status) => {
    const reply = toErrorResponse(new AppError({ kind, code: foreign, message: 'It failed', details: { at: 1 } }));
    expect(reply).toMatchObject({ status, code });
    expect(JSON.parse(reply.body)).toEqual({ errors: [{ code, message: 'It failed', detail: { at: 1 } }] });
  });

  it.each([
    new Error('secret path /data'),
    new AppError({ kind: 'invalid', code: 'OTHER_PACKAGE', message: 'secret path /data' }),
    'secret path /data',
    undefined,
  ])('toErrorResponse() tells a client nothing of what it does not know: %s', (error) => {
    const reply = toErrorResponse(error);
    expect(reply).toMatchObject({ status: 500, code: 'UNKNOWN', serious: true });
    expect(reply.body).not.toContain('secret');
  });

  it('toErrorResponse() lists one error for each missing blob (docker)', () => {
    const reply = toErrorResponse(registryError('MANIFEST_BLOB_UNKNOWN', 'Missing', { details: [{ digest: 'a' }, { digest: 'b' }] }));
    expect(JSON.parse(reply.body)).toEqual({
      errors: [
        { code: 'MANIFEST_BLOB_UNKNOWN', message: 'Missing', detail: { digest: 'a' } },
        { code: 'MANIFEST_BLOB_UNKNOWN', message: 'Missing', detail: { digest: 'b' } },
      ],
    });
  });

  it('toErrorResponse() says what can be done about it after what failed', () => {
    const reply = toErrorResponse(registryError('UNSUPPORTED', 'Cannot delete', { hint: 'Delete the manifest first' }));
    expect(JSON.parse(reply.body)).toEqual({ errors: [{ code: 'UNSUPPORTED', message: 'Cannot delete. Delete the manifest first' }] });
  });

  it('toErrorResponse() leaves internal text to the log', () => {
    expect(toErrorResponse(registryError('UNKNOWN', 'It failed', { internal: 'row 5' })).body).not.toContain('row 5');
  });
});
