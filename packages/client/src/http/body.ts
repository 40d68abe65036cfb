import type { Clock } from '@slipway/base';
import { clientError } from '../errors.ts';
import type { HttpResponse } from './exchange.ts';
import { networkError } from './network-errors.ts';
import { Watchdog } from './watchdog.ts';

export interface ReadBodyOptions {
  readonly clock: Clock;
  readonly stallTimeoutMs: number;
  readonly signal?: AbortSignal;
}

/** The body as it comes; fails with STALLED when nothing comes for too long while the reader waits. Leaving early gives up the connection. */
export async function* readChunks(response: HttpResponse, options: ReadBodyOptions): AsyncGenerator<Buffer, void, void> {
  const { body, url } = response;
  const watchdog = new Watchdog({
    clock: options.clock,
    timeoutMs: options.stallTimeoutMs,
    onTimeout: () => body.destroy(clientError('STALLED', `Cannot read on from "${url.host}": it stopped sending`)),
  });
  const onAbort = () => body.destroy();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    for await (const chunk of body) {
      watchdog.pause();
      yield chunk as Buffer;
      watchdog.touch();
    }
    if (!body.complete) throw clientError('CONNECTION_BROKEN', `Cannot read on from "${url.host}": the connection broke`);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw networkError(error, url);
  } finally {
    watchdog.stop();
    options.signal?.removeEventListener('abort', onAbort);
  }
}

/** The whole body, or undefined when it is longer than `maxBytes`; the connection is then given up. */
export async function readBody(response: HttpResponse, maxBytes: number, options: ReadBodyOptions): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of readChunks(response, options)) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const DISCARD_LIMIT_BYTES = 64 * 1024;

/** Frees the connection: for another request when little is left, for good otherwise. */
export async function discardBody(response: HttpResponse, options: ReadBodyOptions): Promise<void> {
  await readBody(response, DISCARD_LIMIT_BYTES, options);
}
