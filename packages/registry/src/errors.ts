import { type ErrorTable, errorFactory } from '@slipway/base';

/** The distribution specification's codes, verbatim, and the few that the specification leaves to registries. */
export const REGISTRY_ERRORS = {
  BLOB_UNKNOWN: { kind: 'not-found', advice: 'Push the blob into this repository, or mount it from one you may read.' },
  BLOB_UPLOAD_INVALID: { kind: 'invalid', advice: 'Begin a new upload and send the blob again.' },
  BLOB_UPLOAD_UNKNOWN: { kind: 'not-found', advice: 'The upload ended or expired: begin a new one.' },
  DIGEST_INVALID: { kind: 'invalid', advice: 'Compute the digest of the exact bytes that are sent, as `sha256:<hex>` or `sha512:<hex>`.' },
  MANIFEST_BLOB_UNKNOWN: { kind: 'invalid', advice: 'Push every blob and manifest it names into this repository first.' },
  MANIFEST_INVALID: {
    kind: 'invalid',
    advice: 'Send an OCI or Docker schema 2 manifest or index, with the Content-Type of its mediaType.',
  },
  MANIFEST_UNKNOWN: { kind: 'not-found', advice: 'Check the tag or digest: `GET /v2/<name>/tags/list` shows the tags.' },
  MANIFEST_TOO_LARGE: { kind: 'invalid', advice: 'Keep manifests within 4 MiB: clients do not read larger ones. Put data into blobs.' },
  NAME_INVALID: { kind: 'invalid', advice: 'Use lowercase letters, digits and `. _ - /` between them, 255 characters at most.' },
  NAME_UNKNOWN: { kind: 'not-found', advice: 'Check the name, and log in if the repository is private.' },
  TAG_INVALID: { kind: 'invalid', advice: 'Use letters, digits and `. _ -`, 128 characters at most, not beginning with `.` or `-`.' },
  TOO_MANY_TAGS: { kind: 'invalid', advice: 'Name at most 100 tags in one request.' },
  SIZE_INVALID: { kind: 'invalid', advice: 'Send exactly as many bytes as Content-Length or Content-Range announces.' },
  RANGE_INVALID: { kind: 'out-of-range', advice: 'Ask for the upload with GET and go on from the offset it answers.' },
  PAGINATION_NUMBER_INVALID: { kind: 'invalid', advice: 'Use a number that is not negative for `n`.' },
  UNAUTHORIZED: { kind: 'unauthenticated', advice: 'Log in: `docker login <host>`.' },
  DENIED: { kind: 'denied', advice: 'Ask the owner of the repository for access, or push into your own namespace.' },
  UNSUPPORTED: {
    kind: 'unsupported',
    advice: 'This registry speaks the OCI distribution specification 1.1: check the method and the path.',
  },
  TOOMANYREQUESTS: { kind: 'exhausted', advice: 'Wait as long as Retry-After says.' },
  UNAVAILABLE: { kind: 'unavailable', advice: 'The registry cannot store or stops just now: try again later; its log says why.' },
  UNKNOWN: { kind: 'internal', advice: 'Look for the request id in the server log.' },
} as const satisfies ErrorTable;

export type RegistryErrorCode = keyof typeof REGISTRY_ERRORS;

export const registryError = errorFactory(REGISTRY_ERRORS);
