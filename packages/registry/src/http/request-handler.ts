import type { IncomingMessage, ServerResponse } from 'node:http';
import { isAppError, messageOf } from '@slipway/base';
import { isRepositoryName } from '@slipway/oci';
import type { Access, Authorizer, Caller, Verdict } from '../authorizer.ts';
import type { RegistryParts } from '../dependencies.ts';
import { registryError } from '../errors.ts';
import { createBlobHandlers } from '../handlers/blobs.ts';
import { createListHandlers } from '../handlers/lists.ts';
import { createManifestHandlers } from '../handlers/manifests.ts';
import { createUploadHandlers } from '../handlers/uploads.ts';
import { toErrorResponse } from './error-response.ts';
import {
  type Exchange,
  hasBody,
  type Incoming,
  parseTarget,
  type RepositoryExchange,
  type RequestContext,
  requireRepositoryName,
  sendBytes,
} from './exchange.ts';
import { type Method, matchRoute, type RouteMatch, type RouteName } from './router.ts';

/** What became of a request, for logs and metrics. */
export interface HandledRequest {
  readonly route: RouteName | 'none';
  readonly repository: string | undefined;
  readonly account: string | undefined;
  /** The code of the error it was answered with. */
  readonly code: string | undefined;
}

type RepositoryHandler = (exchange: RepositoryExchange) => Promise<void>;
type Handlers = Readonly<Record<Exclude<RouteName, 'ping' | 'catalog'>, Readonly<Partial<Record<Method, RepositoryHandler>>>>>;

/** Moby looks for it on every answer. */
const VERSION_HEADER = 'Docker-Distribution-Api-Version';

/** An early refusal reads on for so long, so that a client that is still sending gets to see the answer. */
const DRAIN_MS = 10_000;

export function createRequestHandler(parts: RegistryParts, authorizer: Authorizer) {
  const handlers = createHandlers(parts);
  const lists = createListHandlers(parts);

  return async (request: IncomingMessage, response: ServerResponse, context: RequestContext): Promise<HandledRequest> => {
    const seen: Seen = { route: 'none', isBodyAccepted: false };
    let code: string | undefined;
    response.setHeader(VERSION_HEADER, 'registry/2.0');
    try {
      const incoming = readRequest({ request, response, context, seen });
      seen.route = incoming.match.route.name;
      seen.repository = incoming.match.repository;
      await answer(incoming, seen);
    } catch (error) {
      code = refuse({ request, response, context, seen, error });
    }
    return {
      route: seen.route,
      repository: seen.repository === '' ? undefined : seen.repository,
      account: seen.caller?.account,
      code,
    };
  };

  async function answer(incoming: Incoming, seen: Seen): Promise<void> {
    const access = accessOf(incoming);
    const { request, context } = incoming;
    const verdict = await authorizer.authorize(
      { authorization: request.headers.authorization, address: context.address, origin: context.origin },
      access,
    );
    const caller = requireAllowed(incoming, verdict);
    seen.caller = caller;
    const exchange: Exchange = { ...incoming, caller };
    if (access.kind === 'ping') sendBytes(exchange, { 'Content-Type': 'application/json' }, '{}');
    else if (access.kind === 'catalog') await lists.catalog(exchange);
    else await handlerOf(incoming.match, incoming.method)({ ...exchange, name: access.name });
  }

  function handlerOf(match: RouteMatch, method: Method): RepositoryHandler {
    const { name } = match.route;
    const handler = name === 'ping' || name === 'catalog' ? undefined : handlers[name][method];
    if (handler === undefined) throw registryError('UNSUPPORTED', `${method} is not supported here`);
    return handler;
  }

  function refuse({ request, response, context, seen, error }: Refusal): string {
    const reply = toErrorResponse(error);
    if (response.destroyed || response.headersSent) {
      // Too late for an answer: cutting the connection is the only way left to say that the body is not whole.
      if (!isClientGone(request, response)) logFailure(context, error);
      request.destroy();
      return reply.code;
    }
    if (reply.serious) logFailure(context, error);
    if (reply.status === 503) response.setHeader('Retry-After', '5');
    response.setHeader('Content-Type', 'application/json');
    response.setHeader('Content-Length', Buffer.byteLength(reply.body));
    const isBodyLeft = hasBody(request) && !request.complete;
    if (isBodyLeft) response.setHeader('Connection', 'close');
    response.writeHead(reply.status);
    if (isBodyLeft && !isBodyHeldBack(request, seen)) endAfterBody(request, response, reply.body);
    else response.end(request.method === 'HEAD' ? undefined : reply.body);
    return reply.code;
  }

  function logFailure(context: RequestContext, error: unknown): void {
    const internal = isAppError(error) ? error.internal : undefined;
    parts.logger.error('A request failed', {
      requestId: context.requestId,
      error: messageOf(error),
      ...(internal === undefined ? {} : { internal }),
      ...(error instanceof Error ? { stack: error.stack } : {}),
    });
  }
}

/** What is known of a request so far. */
interface Seen {
  route: RouteName | 'none';
  repository?: string;
  caller?: Caller;
  /** Whether the body was asked for with `100 Continue`. */
  isBodyAccepted: boolean;
}

interface Received {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly context: RequestContext;
  readonly seen: Seen;
}

interface Refusal extends Received {
  readonly error: unknown;
}

function expectsContinue(request: IncomingMessage): boolean {
  return /^100-continue$/i.test(request.headers.expect ?? '');
}

/** Whether the client still waits for a sign that it may send. */
function isBodyHeldBack(request: IncomingMessage, seen: Seen): boolean {
  return expectsContinue(request) && !seen.isBodyAccepted;
}

function isClientGone(request: IncomingMessage, response: ServerResponse): boolean {
  return request.destroyed || response.destroyed || request.socket.destroyed;
}

/**
 * Answers a client that is still sending, and takes the rest of its body for a while before the connection ends: closing it on unread bytes
 * resets it, and the client may lose the answer (docker and curl then show a broken pipe).
 */
function endAfterBody(request: IncomingMessage, response: ServerResponse, answer: string): void {
  const finish = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(() => request.destroy(), DRAIN_MS);
  timer.unref();
  if (request.method !== 'HEAD') response.write(answer);
  request.once('end', finish).once('close', finish).resume();
}

function readRequest({ request, response, context, seen }: Received): Incoming {
  const { path, query } = parseTarget(request.url ?? '/');
  const match = matchRoute(path);
  if (match === undefined) throw registryError('NAME_UNKNOWN', `There is nothing at "${path.slice(0, 200)}"`);
  const method = request.method ?? 'GET';
  if (!isMethodOf(match, method)) {
    response.setHeader('Allow', Object.keys(match.route.methods).join(', '));
    throw registryError('UNSUPPORTED', `${method} is not supported on ${match.route.pattern}`);
  }
  const acceptBody = (): void => {
    if (seen.isBodyAccepted || !expectsContinue(request)) return;
    seen.isBodyAccepted = true;
    response.writeContinue();
  };
  return { request, response, context, method, match, query, acceptBody };
}

function isMethodOf(match: RouteMatch, method: string): method is Method {
  return Object.hasOwn(match.route.methods, method);
}

function accessOf({ match, method, query }: Incoming): Access {
  const needed = match.route.methods[method];
  if (needed === 'ping') return { kind: 'ping' };
  if (needed === 'catalog') return { kind: 'catalog' };
  const from = match.route.name === 'upload-start' && query.has('mount') ? query.get('from') : null;
  return {
    kind: 'repository',
    name: requireRepositoryName(match.repository),
    action: needed ?? 'pull',
    ...(from !== null && isRepositoryName(from) ? { mountFrom: from } : {}),
  };
}

function requireAllowed({ response }: Incoming, verdict: Verdict): Caller {
  switch (verdict.kind) {
    case 'allowed':
      return verdict.caller;
    case 'challenge':
      response.setHeader('WWW-Authenticate', verdict.challenge);
      throw registryError('UNAUTHORIZED', verdict.message);
    case 'denied':
      throw registryError('DENIED', verdict.message);
    case 'throttled':
      response.setHeader('Retry-After', String(verdict.retryAfterSeconds));
      throw registryError('TOOMANYREQUESTS', verdict.message);
  }
}

function createHandlers(parts: RegistryParts): Handlers {
  const blobs = createBlobHandlers(parts);
  const uploads = createUploadHandlers(parts);
  const manifests = createManifestHandlers(parts);
  const lists = createListHandlers(parts);
  return {
    manifest: { GET: manifests.get, HEAD: manifests.get, PUT: manifests.put, DELETE: manifests.remove },
    blob: { GET: blobs.get, HEAD: blobs.head, DELETE: blobs.remove },
    'upload-start': { POST: uploads.start },
    upload: { GET: uploads.status, HEAD: uploads.status, PATCH: uploads.append, PUT: uploads.finish, DELETE: uploads.cancel },
    tags: { GET: lists.tags },
    referrers: { GET: lists.referrers },
  };
}
