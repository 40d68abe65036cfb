import { type ErrorTable, errorFactory } from '@slipway/base';

export const CLI_ERRORS = {
  USAGE: { kind: 'invalid', advice: 'Correct the command line: every command explains itself with `--help`.' },
  ACCESS_DENIED: { kind: 'denied', advice: 'Check the name, log in with `slipway login`, and ask the owner for access to the repository.' },
  ATTESTATION_INVALID: { kind: 'invalid', advice: 'The attestation is damaged or no in-toto statement: build the image again.' },
  CHECKOUT_INCOMPLETE: { kind: 'precondition', advice: 'Get a fresh copy of Slipway: a file that belongs to it is missing or damaged.' },
  CREDENTIALS_INCOMPLETE: {
    kind: 'invalid',
    advice: 'Give `--username` with `--password-stdin`, or set SLIPWAY_USERNAME and SLIPWAY_PASSWORD.',
  },
  FILE_UNREADABLE: { kind: 'unavailable', advice: 'Check the name and the permissions of the file.' },
  FILTER_INVALID: { kind: 'invalid', advice: 'Give `--filter NAME=VALUE` with a filter that the command knows: its `--help` lists them.' },
  FLAG_INVALID: { kind: 'invalid', advice: 'Correct the flag: `--help` of the command lists its flags and what they take.' },
  INTERRUPTED: { kind: 'cancelled', advice: 'Run the command again to finish what it was doing.' },
  NOT_CONFIRMED: { kind: 'precondition', advice: 'Answer the question with y, or use `--force` where the command has it.' },
  OBJECT_UNKNOWN: { kind: 'not-found', advice: 'List the images of this machine with `slipway images`.' },
  OUTPUT_REFUSED: { kind: 'precondition', advice: 'Name a file with `-o FILE` in a folder that is there, or redirect the output.' },
  PASSWORDS_DIFFER: { kind: 'invalid', advice: 'Run the command again and type the same password twice.' },
  NOTHING_TO_PUSH: { kind: 'not-found', advice: 'List the images of this machine with `slipway images`, and name one with `slipway tag`.' },
  REPOSITORY_UNKNOWN: { kind: 'not-found', advice: 'Check the repository name; it comes into being with the first push.' },
  SERVER_REPLY_INVALID: {
    kind: 'unavailable',
    advice: 'Check that the address is a Slipway server of a matching version, and not a proxy in front of it.',
  },
  SERVER_UNREACHABLE: {
    kind: 'unavailable',
    advice: 'Start the server with `slipway serve`, name its data folder with `--data`, or its address with `--server`.',
  },
  TAG_INVALID: { kind: 'invalid', advice: 'Name the target as NAME[:TAG], in lower case and without a digest.' },
  TEMPLATE_INVALID: {
    kind: 'invalid',
    advice: 'Correct the template of `--format`: `{{json .}}` prints every field it may name.',
  },
  TERMINAL_NEEDED: { kind: 'invalid', advice: 'Run the command on a terminal, or give the answer with the flag that the hint names.' },
} as const satisfies ErrorTable;

export const cliError = errorFactory(CLI_ERRORS);
