import { type ErrorTable, errorFactory } from '@slipway/base';

export const PEER_ERRORS = {
  PEER_UNAVAILABLE: {
    kind: 'unavailable',
    advice: 'Run on Debian or Ubuntu with apt-get and a package mirror in reach, or fill .cache/peers beforehand.',
  },
  PROGRAM_FAILED: { kind: 'internal', advice: 'Read the output of the program in the message.' },
  DAEMON_FAILED: { kind: 'unavailable', advice: 'Read the log of the daemon in the message.' },
} as const satisfies ErrorTable;

export const peerError = errorFactory(PEER_ERRORS);
