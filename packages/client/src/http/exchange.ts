import { type Agent, type ClientRequest, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import type { Clock } from '@slipway/base';
import { clientError } from '../errors.ts';
import type { ClientLimits } from './limits.ts';
import { networkError } from './network-errors.ts';
import { Watchdog } from './watchdog.ts';

/** A body that can be sent again: `open` is called for each sending, and the stream belongs to the exchange. */
export interface HttpBody {
  readonly sizeBytes: number;
  open(): Readable | Promise<Readable>;
  /** Told of each piece that goes out. */
  onSent?(sizeBytes: number): void;
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | HttpBody;
  readonly responseTimeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** The body must be read to its end or destroyed: it holds a connection. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: IncomingMessage;
  /** Where it came from, redirects followed. */
  readonly url: URL;
}

export interface ExchangeOptions {
  readonly agent: Agent;
  readonly clock: Clock;
  readonly limits: ClientLimits;
}

/** One request on one connection: no redirects, no repetition. Rejects with a network error, the signal's reason or the body's own error. */
export async function exchange(request: HttpRequest, options: ExchangeOptions): Promise<HttpResponse> {
  request.signal?.throwIfAborted();
  const source = await openBody(request.body);
  if (request.signal?.aborted === true) source?.destroy();
  request.signal?.throwIfAborted();
  const client = startRequest(request, options.agent);
  const watchdog = watch(client, request, options);
  const answer = awaitAnswer(client, request);
  if (source === undefined) client.end(request.body instanceof Uint8Array ? request.body : undefined);
  else sendStream(client, source, { body: request.body as HttpBody, watchdog, responseTimeoutMs: responseTimeoutOf(request, options) });
  try {
    return await answer;
  } catch (error) {
    request.signal?.throwIfAborted();
    if (source?.errored === error && error instanceof Error) throw error;
    const mapped = networkError(error, request.url);
    throw client.reusedSocket && mapped.code === 'CONNECTION_BROKEN' ? staleConnection(mapped.message, error) : mapped;
  } finally {
    watchdog.stop();
    source?.destroy();
  }
}

async function awaitAnswer(client: ClientRequest, request: HttpRequest): Promise<HttpResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>();
  const onAbort = () => client.destroy();
  request.signal?.addEventListener('abort', onAbort, { once: true });
  client.once('response', (body) => {
    // An answer before the end of the request (401, 413): the rest is never sent, so the connection is of no use after it.
    body.once('close', () => {
      if (!client.writableFinished) client.destroy();
    });
    resolve({ status: body.statusCode ?? 0, headers: body.headers, body, url: request.url });
  });
  client.on('error', reject);
  // After the answer's body: that listens to the signal too.
  client.once('close', () => {
    request.signal?.removeEventListener('abort', onAbort);
    reject(clientError('CONNECTION_BROKEN', `Cannot reach "${request.url.host}": the connection broke`));
  });
  return await promise;
}

function responseTimeoutOf(request: HttpRequest, { limits }: ExchangeOptions): number {
  return request.responseTimeoutMs ?? limits.responseTimeoutMs;
}

/** A kept connection the server had closed meanwhile: sending again at once is right. */
export const STALE_CONNECTION = 'stale-connection';

function staleConnection(message: string, cause: unknown): Error {
  return clientError('CONNECTION_BROKEN', message, { cause, details: { reason: STALE_CONNECTION } });
}

async function openBody(body: HttpRequest['body']): Promise<Readable | undefined> {
  return body === undefined || body instanceof Uint8Array ? undefined : await body.open();
}

function startRequest(request: HttpRequest, agent: Agent): ClientRequest {
  const { method, url, body } = request;
  const sizeBytes = body instanceof Uint8Array ? body.length : body?.sizeBytes;
  const length = sizeBytes ?? (method === 'GET' || method === 'HEAD' || method === 'DELETE' ? undefined : 0);
  const headers = {
    // Content is named by the digest of its stored bytes: nothing on the way may pack it differently.
    'accept-encoding': 'identity',
    ...request.headers,
    ...(length === undefined ? {} : { 'content-length': String(length) }),
  };
  return url.protocol === 'https:' ? httpsRequest(url, { method, headers, agent }) : httpRequest(url, { method, headers, agent });
}

interface Sending {
  readonly body: HttpBody;
  readonly watchdog: Watchdog;
  readonly responseTimeoutMs: number;
}

/** The stream is not piped with `pipeline`: an answer may come before its end, and must then be read. */
function sendStream(client: ClientRequest, source: Readable, { body, watchdog, responseTimeoutMs }: Sending): void {
  let sentBytes = 0;
  const fail = (why: string) => client.destroy(clientError('SIZE_MISMATCH', `Cannot send the content: ${why}`));
  source.once('error', (error) => client.destroy(error));
  // Before 'pipe' hears of the same chunk: more bytes than declared must not go out, they would be read as the next request.
  source.on('data', (chunk: Buffer) => {
    sentBytes += chunk.length;
    watchdog.touch();
    if (sentBytes > body.sizeBytes) fail(`it has more than the ${body.sizeBytes} bytes that were declared`);
    else body.onSent?.(chunk.length);
  });
  source.once('end', () => {
    watchdog.touch(responseTimeoutMs);
    if (sentBytes < body.sizeBytes) fail(`it has ${sentBytes} bytes, and ${body.sizeBytes} were declared`);
  });
  const onClose = () => {
    if (!source.readableEnded) client.destroy();
  };
  source.once('close', onClose);
  client.once('response', () => source.off('close', onClose));
  source.pipe(client);
}

function watch(client: ClientRequest, request: HttpRequest, options: ExchangeOptions): Watchdog {
  const { agent, clock, limits } = options;
  const isStreaming = request.body !== undefined && !(request.body instanceof Uint8Array);
  const nextTimeoutMs = isStreaming ? limits.stallTimeoutMs : responseTimeoutOf(request, options);
  const watchdog = new Watchdog({
    clock,
    timeoutMs: limits.connectTimeoutMs,
    onTimeout: () => client.destroy(clientError('STALLED', `Cannot hear from "${request.url.host}": it did not answer in time`)),
  });
  // Waiting for a free connection is no fault of the registry.
  if (Object.values(agent.requests).some((waiting) => waiting?.some((other) => Object.is(other, client)))) watchdog.pause();
  client.once('socket', (socket) => {
    watchdog.touch(socket.connecting ? limits.connectTimeoutMs : nextTimeoutMs);
    if (socket.connecting) socket.once('connect', () => watchdog.touch(nextTimeoutMs));
  });
  return watchdog;
}
