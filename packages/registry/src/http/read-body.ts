import type { IncomingMessage } from 'node:http';
import type { AppError } from '@slipway/base';
import { registryError } from '../errors.ts';

/** Reads a whole request body of at most `limit` bytes; throws `tooLarge()` as soon as more arrives. */
export async function readBody(request: IncomingMessage, limit: number, tooLarge: () => AppError): Promise<Buffer> {
  return await new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let total = 0;
    const fail = (error: AppError): void => {
      request.off('data', take);
      reject(error);
    };
    const take = (chunk: Buffer): void => {
      total += chunk.length;
      if (total > limit) fail(tooLarge());
      else chunks.push(chunk);
    };
    request.on('data', take);
    request.once('end', () => resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)));
    request.once('error', (error) => fail(clientGone(error)));
    request.once('close', () => {
      if (!request.complete) fail(clientGone());
    });
  });
}

/** The client broke off: nobody reads the answer, and nothing is wrong with the registry. */
export function clientGone(cause?: unknown): AppError {
  return registryError('BLOB_UPLOAD_INVALID', 'The connection was closed before the whole body arrived', { cause });
}
