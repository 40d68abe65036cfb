import { type ErrorTable, errorFactory } from '@slipway/base';

export const CLI_ERRORS = {
  USAGE: { kind: 'invalid', advice: 'Correct the command line: every command explains itself with `--help`.' },
  CHECKOUT_INCOMPLETE: { kind: 'precondition', advice: 'Get a fresh copy of Slipway: a file that belongs to it is missing or damaged.' },
  CREDENTIALS_INCOMPLETE: {
    kind: 'invalid',
    advice: 'Give `--username` with `--password-stdin`, or set SLIPWAY_USERNAME and SLIPWAY_PASSWORD.',
  },
  INTERRUPTED: { kind: 'cancelled', advice: 'Run the command again to finish what it was doing.' },
  NOT_CONFIRMED: { kind: 'precondition', advice: 'Answer the question with y, or use `--force` where the command has it.' },
  PASSWORDS_DIFFER: { kind: 'invalid', advice: 'Run the command again and type the same password twice.' },
  SERVER_REPLY_INVALID: {
    kind: 'unavailable',
    advice: 'Check that the address is a Slipway server of a matching version, and not a proxy in front of it.',
  },
  SERVER_UNREACHABLE: {
    kind: 'unavailable',
    advice: 'Start the server with `slipway serve`, name its data folder with `--data`, or its address with `--server`.',
  },
  TERMINAL_NEEDED: { kind: 'invalid', advice: 'Run the command on a terminal, or give the answer with the flag that the hint names.' },
} as const satisfies ErrorTable;

export const cliError = errorFactory(CLI_ERRORS);
