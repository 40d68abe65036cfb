import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '@slipway/base';
import type { Hub, Maintenance } from '@slipway/hub';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { ServerLogger } from '../observe/logger.ts';
import type { ServerMetrics } from '../observe/metrics.ts';
import { renderHomePage } from '../pages/home.ts';
import type { FrontContext } from './front.ts';

export interface RestOptions {
  readonly hub: Hub;
  readonly maintenance: Maintenance;
  readonly metrics: ServerMetrics;
  readonly logger: ServerLogger;
  readonly version: string;
  /** Aborts when the server stops. */
  readonly stopping: AbortSignal;
  /** Throws unless the server can do its work. */
  readonly checkReady: () => Promise<void>;
}

export interface Rest {
  /** `isLocalAdmin` is true for requests that came over the data folder's socket. */
  handle(request: IncomingMessage, response: ServerResponse, origin: RequestOrigin): void;
  close(): Promise<void>;
}

export interface RequestOrigin {
  readonly context: FrontContext;
  readonly isLocalAdmin: boolean;
}

const LOOPBACK = /^(?:127\.|::1$)/;
const PAGE_HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
};

/** What Fastify serves: the hub's API, health, metrics and the page. */
export async function createRest(options: RestOptions): Promise<Rest> {
  const origins = new WeakMap<IncomingMessage, RequestOrigin>();
  const originOf = (request: FastifyRequest): RequestOrigin => {
    const origin = origins.get(request.raw);
    if (origin === undefined) throw new Error('A request came in past the front door');
    return origin;
  };
  const app = fastify({ logger: false, genReqId: (raw) => origins.get(raw)?.context.requestId ?? '' });
  const isLocalAdmin = (request: FastifyRequest): boolean => originOf(request).isLocalAdmin;
  const contextOf = (request: FastifyRequest): FrontContext => originOf(request).context;
  const { hub, maintenance, stopping, version } = options;
  await app.register(
    hub.createApi({
      maintenance,
      stopping,
      version,
      isLocalAdmin,
      originOf: (request) => contextOf(request).origin,
      addressOf: (request) => contextOf(request).address,
    }),
  );
  addHealth(app, options);
  addMetrics(
    app,
    options,
    async (request) => isLocalAdmin(request) || LOOPBACK.test(contextOf(request).address) || (await isAdministrator(request)),
  );
  app.get('/', async (request, reply) => reply.headers(PAGE_HEADERS).send(renderHomePage({ origin: contextOf(request).origin, version })));
  app.setNotFoundHandler(async (_request, reply) => reply.code(404).type('text/plain').send('There is nothing here.\n'));
  await app.ready();

  async function isAdministrator(request: FastifyRequest): Promise<boolean> {
    const { address, origin } = contextOf(request);
    const verdict = await hub.authorizer.authorize({ authorization: request.headers.authorization, address, origin }, { kind: 'ping' });
    return verdict.kind === 'allowed' && verdict.caller.administrator;
  }

  return {
    handle(request, response, origin) {
      origins.set(request, origin);
      app.routing(request, response);
    },
    close: () => app.close(),
  };
}

function addHealth(app: FastifyInstance, { checkReady, logger, stopping }: RestOptions): void {
  app.get('/healthz', async (_request, reply) => reply.type('text/plain').send('ok\n'));
  app.get('/readyz', async (_request, reply) => {
    if (stopping.aborted) return await reply.code(503).type('text/plain').send('stopping\n');
    try {
      await checkReady();
      return await reply.type('text/plain').send('ready\n');
    } catch (error) {
      logger.error('The server is not ready', { error: messageOf(error) });
      return await reply.code(503).type('text/plain').send('not ready: the server log says why\n');
    }
  });
}

/** Open on loopback, to the administrator elsewhere: counts tell what a private registry holds. */
function addMetrics(app: FastifyInstance, { metrics }: RestOptions, mayRead: (request: FastifyRequest) => Promise<boolean>): void {
  app.get('/metrics', async (request, reply) => {
    if (!(await mayRead(request))) {
      return await reply
        .code(401)
        .header('WWW-Authenticate', 'Basic realm="slipway"')
        .type('text/plain')
        .send('Log in as an administrator.\n');
    }
    const { body, contentType } = await metrics.expose();
    return await reply.type(contentType).send(body);
  });
}
