import { addAbortSignal } from 'node:stream';
import { cliError } from '../errors.ts';
import type { InputStream } from './streams.ts';

const MAX_BYTES = 64 * 1024;

/** The secret that is piped in, without the line break at its end. Throws USAGE when there is none, or far too much; rejects when `signal` aborts. */
export async function readSecretInput(stdin: InputStream, signal?: AbortSignal): Promise<string> {
  if (signal !== undefined) addAbortSignal(signal, stdin);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk as Buffer | string);
    size += bytes.length;
    if (size > MAX_BYTES) throw cliError('USAGE', 'Cannot read a password from stdin: there is too much');
    chunks.push(bytes);
  }
  const secret = Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
  if (secret === '') {
    throw cliError('USAGE', 'Cannot read a password from stdin: it is empty', {
      hint: 'Pipe it in: `slipway … --password-stdin < password-file`.',
    });
  }
  return secret;
}
