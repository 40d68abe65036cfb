import { type ErrorTable, errorFactory } from '@slipway/base';

export const BENCH_ERRORS = {
  ARGUMENT_INVALID: { kind: 'invalid', advice: 'Run `npm run bench -- --help` for the names of cases and options.' },
  LOAD_FAILED: {
    kind: 'internal',
    advice: 'A run got an answer that it does not count as success: read the message, then the log of the server.',
  },
  CONTENT_WRONG: { kind: 'data-loss', advice: 'The server answered other bytes than were pushed; find out why before measuring anything.' },
  PROFILE_FAILED: {
    kind: 'unavailable',
    advice: 'The inspector of the server did not answer; run the case without --profile to see whether it works.',
  },
} as const satisfies ErrorTable;

export const benchError = errorFactory(BENCH_ERRORS);
