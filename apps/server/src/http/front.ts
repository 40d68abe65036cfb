import { randomBytes } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { messageOf } from '@slipway/base';
import type { TokenHandler } from '@slipway/hub';
import type { Registry } from '@slipway/registry';
import type { ServerLogger } from '../observe/logger.ts';
import type { ServerMetrics } from '../observe/metrics.ts';
import { IDLE_TIMEOUT_MS } from './listener.ts';
import type { ClientView } from './proxies.ts';

/** A request as it goes through the front door. */
export interface FrontContext extends ClientView {
  readonly requestId: string;
}

export interface FrontOptions {
  readonly registry: Registry;
  readonly tokenHandler: TokenHandler;
  /** Everything that is neither `/v2/` nor the token service. */
  readonly rest: (request: IncomingMessage, response: ServerResponse, context: FrontContext) => void;
  readonly viewOf: (request: IncomingMessage) => ClientView;
  readonly logger: ServerLogger;
  readonly metrics: ServerMetrics;
}

/** What the access log says beyond what every request has. */
interface Outcome {
  readonly route: string;
  readonly repository?: string | undefined;
  readonly account?: string | undefined;
  readonly code?: string | undefined;
}

/** The front door: sends each request to its part, and logs and counts it. */
export interface Front {
  readonly handle: RequestListener;
  /** Requests under way. */
  inFlight(): number;
  /** From now on every answer ends its connection. */
  drain(): void;
}

export function createFront(options: FrontOptions): Front {
  const { logger, metrics, registry, rest, tokenHandler, viewOf } = options;
  const run = randomBytes(6).toString('hex');
  const counted = new WeakMap<Socket, { readonly read: number; readonly written: number }>();
  let count = 0;
  let inFlight = 0;
  let draining = false;

  async function answer(request: IncomingMessage, response: ServerResponse, context: FrontContext): Promise<Outcome> {
    const url = request.url ?? '/';
    if (url.startsWith('/v2/') || url === '/v2' || url.startsWith('/v2?')) return await registry.handle(request, response, context);
    if (url === '/token' || url.startsWith('/token?')) {
      await tokenHandler(request, response, context);
      return { route: 'token' };
    }
    rest(request, response, context);
    return { route: url.startsWith('/api/') ? 'api' : 'page' };
  }

  async function observe(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedMs = performance.now();
    const { socket } = request;
    count += 1;
    inFlight += 1;
    metrics.requestStarted();
    const context: FrontContext = { ...viewOf(request), requestId: `${run}-${count.toString(36)}` };
    response.setHeader('X-Request-Id', context.requestId);
    if (draining) response.setHeader('Connection', 'close');
    // A request is under way until its answer has left or its connection is gone: a drain must not cut what is still being written.
    const closed = Promise.withResolvers<void>();
    response.once('close', closed.resolve);
    let outcome: Outcome = { route: 'none' };
    if (request.method !== 'GET' && request.method !== 'HEAD') allowSilence(request);
    try {
      outcome = await answer(request, response, context);
      await closed.promise;
    } catch (error) {
      logger.error('A request failed', { requestId: context.requestId, error: messageOf(error) });
      response.destroy();
    } finally {
      inFlight -= 1;
      socket.setTimeout(IDLE_TIMEOUT_MS);
    }
    const durationMs = performance.now() - startedMs;
    const method = request.method ?? '';
    const { bytesIn, bytesOut } = countBytes(socket);
    metrics.requestFinished({
      route: outcome.route,
      method,
      status: response.statusCode,
      durationSeconds: durationMs / 1000,
      bytesIn,
      bytesOut,
    });
    logger.access({
      requestId: context.requestId,
      address: context.address,
      method,
      path: pathOf(request),
      status: response.statusCode,
      durationMs: Math.round(durationMs * 100) / 100,
      bytesIn,
      bytesOut,
      route: outcome.route,
      repository: outcome.repository,
      account: outcome.account,
      code: outcome.code,
      userAgent: request.headers['user-agent'],
    });
  }

  /** What went over the connection, headers included, since the request before this one. */
  function countBytes(socket: Socket): { bytesIn: number; bytesOut: number } {
    const before = counted.get(socket) ?? { read: 0, written: 0 };
    const now = { read: socket.bytesRead, written: socket.bytesWritten };
    counted.set(socket, now);
    return { bytesIn: now.read - before.read, bytesOut: now.written - before.written };
  }

  return {
    handle: (request, response) => void observe(request, response),
    inFlight: () => inFlight,
    drain() {
      draining = true;
    },
  };
}

/** Once a body is whole it is our turn: hashing a large upload again or verifying the store may take minutes without a byte on the connection. */
function allowSilence(request: IncomingMessage): void {
  request.once('end', () => request.socket.setTimeout(0));
}

/** The path alone: queries can hold secrets. */
function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  return mark === -1 ? url : url.slice(0, mark);
}
