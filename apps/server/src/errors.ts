import { type ErrorTable, errorFactory } from '@slipway/base';

export const SERVER_ERRORS = {
  CONFIG_INVALID: { kind: 'invalid', advice: 'Correct the flag, variable or line of the configuration file that the message names.' },
  DATA_FOLDER_BUSY: { kind: 'conflict', advice: 'Stop the other server, or give this one a data folder of its own with `--data`.' },
  DATA_FOLDER_UNUSABLE: { kind: 'precondition', advice: 'Make the folder writable for this user, or choose another with `--data`.' },
  LISTEN_FAILED: { kind: 'conflict', advice: 'Stop what listens there, or choose another address with `--listen`.' },
  TLS_INVALID: { kind: 'invalid', advice: 'Check that certificate and key are PEM files and belong together.' },
} as const satisfies ErrorTable;

export const serverError = errorFactory(SERVER_ERRORS);
