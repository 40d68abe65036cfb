import { type ErrorTable, errorFactory } from '@slipway/base';

export const HUB_ERRORS = {
  ACCOUNT_NAME_INVALID: {
    kind: 'invalid',
    advice: 'Use 2 to 64 lowercase letters and digits, with single `.` or `_`, `__` or any number of `-` between them.',
  },
  ACCOUNT_NAME_RESERVED: { kind: 'invalid', advice: 'Choose another name: this namespace is kept for the hub itself.' },
  ACCOUNT_EXISTS: { kind: 'already-exists', advice: 'Choose another name, or change the password of the account that has it.' },
  ACCOUNT_UNKNOWN: { kind: 'not-found', advice: 'Check the name: `slipway account list` shows all accounts.' },
  ACCOUNT_PROTECTED: { kind: 'conflict', advice: 'The account `admin` cannot be removed; change its password instead.' },
  PASSWORD_INVALID: { kind: 'invalid', advice: 'Use at least 8 characters and at most 1024 bytes.' },
  UNAUTHENTICATED: { kind: 'unauthenticated', advice: 'Log in with an account name and its password, or with a fresh token.' },
  DENIED: { kind: 'denied', advice: 'Ask an administrator to do this, or to give the account the right.' },
  LOGIN_THROTTLED: { kind: 'exhausted', advice: 'Wait as long as Retry-After says, then log in with the right password.' },
  REPOSITORY_UNKNOWN: {
    kind: 'not-found',
    advice: 'Check the name, and log in if the repository is private. A repository exists once something was pushed.',
  },
  ROUTE_UNKNOWN: { kind: 'not-found', advice: 'Check method and path: `/api/v1/openapi.json` describes them all.' },
  REQUEST_INVALID: { kind: 'invalid', advice: 'Correct the field that the message names: `/api/v1/openapi.json` describes all fields.' },
  KEY_INVALID: {
    kind: 'data-loss',
    advice: 'Restore the file in `keys/` from a backup, or delete it: then tokens it signed are refused and clients log in again.',
  },
  CLIENT_GONE: { kind: 'cancelled', advice: 'Keep the connection open until the answer comes: verification ends with it.' },
  HUB_FAILED: { kind: 'internal', advice: 'Look for the request id in the server log.' },
} as const satisfies ErrorTable;

export type HubErrorCode = keyof typeof HUB_ERRORS;

export const hubError = errorFactory(HUB_ERRORS);
