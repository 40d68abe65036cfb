import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { createServer as createHttpServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import { type Logger, messageOf } from '@slipway/base';
import { serverError } from '../errors.ts';

const HEADERS_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 75_000;

/** A connection without a byte in either direction for this long is cut: bodies may take hours, silence may not. */
export const IDLE_TIMEOUT_MS = 120_000;
const MAX_HEADER_BYTES = 32 * 1024;
const CERTIFICATE_CHECK_MS = 5000;

const OPTIONS: ServerOptions = {
  // Cuts uploads that progress: the idle timeout above stands in for it.
  requestTimeout: 0,
  headersTimeout: HEADERS_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  maxHeaderSize: MAX_HEADER_BYTES,
  connectionsCheckingInterval: 5000,
  highWaterMark: 128 * 1024,
  noDelay: true,
};

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

export interface ListenerOptions {
  /** Plain HTTP when absent. */
  readonly tls: TlsFiles | undefined;
  readonly logger: Logger;
  /** How often the certificate's files are looked at. */
  readonly certificateCheckMs?: number;
}

export type Listener = Server | HttpsServer;

/** An HTTP or HTTPS server with the limits that keep slow and hostile clients cheap; not yet listening. Throws TLS_INVALID. */
export function createListener(handle: RequestListener, options: ListenerOptions): Listener {
  const { tls } = options;
  const server = tls === undefined ? createHttpServer(OPTIONS, handle) : createTlsListener(handle, tls, options);
  // A client that expects 100-continue hears of a refusal before it sends its body; handlers say when they want it.
  server.on('checkContinue', handle);
  server.setTimeout(IDLE_TIMEOUT_MS);
  return server;
}

function createTlsListener(handle: RequestListener, tls: TlsFiles, options: ListenerOptions): HttpsServer {
  const { certificateCheckMs = CERTIFICATE_CHECK_MS, logger } = options;
  const server = createHttpsServer({ ...OPTIONS, ...readTls(tls), ALPNProtocols: ['http/1.1'] }, handle);
  const reload = (): void => {
    try {
      server.setSecureContext(readTls(tls));
      logger.info('The certificate was reloaded', { cert: tls.cert });
    } catch (error) {
      // Half-written files: the old certificate stays until the pair fits again.
      logger.warn('The certificate cannot be reloaded; the old one stays in use', { error: messageOf(error) });
    }
  };
  for (const file of [tls.cert, tls.key]) watchFile(file, { interval: certificateCheckMs, persistent: false }, reload);
  server.on('close', () => {
    for (const file of [tls.cert, tls.key]) unwatchFile(file, reload);
  });
  return server;
}

/** Certificate and key, checked to be a pair. Throws TLS_INVALID. */
function readTls(tls: TlsFiles): { cert: Buffer; key: Buffer } {
  try {
    const pair = { cert: readFileSync(tls.cert), key: readFileSync(tls.key) };
    createSecureContext(pair);
    return pair;
  } catch (error) {
    throw serverError('TLS_INVALID', `Cannot use certificate "${tls.cert}" with key "${tls.key}": ${messageOf(error)}`, { cause: error });
  }
}
