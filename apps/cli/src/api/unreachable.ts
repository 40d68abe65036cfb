import { AppError, messageOf, systemCodeOf } from '@slipway/base';
import { cliError } from '../errors.ts';
import type { ServerAddress } from './server-address.ts';

const ELSEWHERE = 'name its data folder with --data (SLIPWAY_DATA), or its address with --server (SLIPWAY_SERVER)';
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/;

/** Says in the user's terms why no answer came; errors that say so already pass through. */
export function toUnreachable(error: unknown, server: ServerAddress): AppError {
  if (error instanceof AppError) return error;
  const { message, hint } = server.kind === 'socket' ? explainSocket(error, server.dataFolder) : explainUrl(error, server.url);
  return cliError('SERVER_UNREACHABLE', message, { hint, cause: error });
}

interface Explanation {
  readonly message: string;
  readonly hint: string;
}

function explainSocket(error: unknown, dataFolder: string): Explanation {
  switch (systemCodeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ECONNREFUSED':
      return {
        message: `Cannot reach the server: none runs on the data folder "${dataFolder}"`,
        hint: `Start it with \`slipway serve\`, ${ELSEWHERE}.`,
      };
    case 'EACCES':
    case 'EPERM':
      return {
        message: `Cannot reach the server: the data folder "${dataFolder}" belongs to someone else`,
        hint: 'Run this as the owner of the folder, or log in with --server and --username.',
      };
    // What the kernel says to a socket whose path is longer than about a hundred bytes.
    case 'EINVAL':
    case 'ENAMETOOLONG':
      return {
        message: `Cannot reach the server: the path of the data folder "${dataFolder}" is too long for a socket`,
        hint: 'Run this inside the data folder with `--data .`, or log in with --server and --username.',
      };
    case undefined:
    default:
      return {
        message: `Cannot reach the server of the data folder "${dataFolder}": ${messageOf(error)}`,
        hint: `See whether the server runs; else ${ELSEWHERE}.`,
      };
  }
}

function explainUrl(error: unknown, { host, origin }: URL): Explanation {
  const code = systemCodeOf(error) ?? '';
  if (code === 'ECONNREFUSED') {
    return { message: `Cannot reach "${origin}": nothing listens there`, hint: 'Check the address and whether the server runs.' };
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return { message: `Cannot reach "${origin}": the name "${host}" is not known`, hint: 'Check the address and the DNS of this machine.' };
  }
  if (CERTIFICATE.test(code)) {
    return {
      message: `Cannot trust "${origin}": ${messageOf(error)}`,
      hint: 'Set NODE_EXTRA_CA_CERTS to the file (PEM) of the authority that signed its certificate.',
    };
  }
  const scheme = code === 'EPROTO' ? 'Check whether it speaks http:// or https://.' : 'Check the address and whether the server runs.';
  return { message: `Cannot reach "${origin}": ${messageOf(error) || code}`, hint: scheme };
}
