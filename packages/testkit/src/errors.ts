import { type ErrorTable, errorFactory } from '@slipway/base';

export const TESTKIT_ERRORS = {
  SERVER_NOT_STARTED: { kind: 'unavailable', advice: 'Read the server output in the message; the server ended or never became ready.' },
  SERVER_NOT_STOPPED: { kind: 'internal', advice: 'The server ignored SIGTERM and was killed: look for work that its drain does not end.' },
  REQUEST_FAILED: {
    kind: 'internal',
    advice: 'The registry answered with another status than the test needs; the body is in the message.',
  },
  TOKEN_REFUSED: { kind: 'unauthenticated', advice: 'Check the name and password that the test presents.' },
  FIXTURE_INVALID: { kind: 'invalid', advice: 'Correct the fixture: an entry asks for something that the tar format cannot say.' },
} as const satisfies ErrorTable;

export const testkitError = errorFactory(TESTKIT_ERRORS);
