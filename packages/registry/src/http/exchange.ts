import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { isRepositoryName, type RepositoryName } from '@slipway/oci';
import type { Caller } from '../authorizer.ts';
import { registryError } from '../errors.ts';
import type { Method, RouteMatch } from './router.ts';

/** What the server knows of a request before the registry sees it. */
export interface RequestContext {
  /** The caller's address, proxies resolved. */
  readonly address: string;
  /** Scheme and host as the client sees them, no trailing slash. */
  readonly origin: string;
  readonly requestId: string;
}

/** A request on its way through the registry. */
export interface Incoming {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly context: RequestContext;
  readonly method: Method;
  readonly match: RouteMatch;
  readonly query: URLSearchParams;
  /** Lets a client that waits for `100 Continue` send its body. Idempotent. */
  readonly acceptBody: () => void;
}

/** An authorized request. */
export interface Exchange extends Incoming {
  readonly caller: Caller;
}

/** An authorized request to a repository. */
export interface RepositoryExchange extends Exchange {
  readonly name: RepositoryName;
}

const NO_QUERY = new URLSearchParams();

/** Splits a request target into its decoded path and query. Throws NAME_INVALID when the path is not percent-encoded UTF-8. */
export function parseTarget(url: string): { readonly path: string; readonly query: URLSearchParams } {
  const mark = url.indexOf('?');
  const raw = mark === -1 ? url : url.slice(0, mark);
  return { path: raw.includes('%') ? decodePath(raw) : raw, query: mark === -1 ? NO_QUERY : new URLSearchParams(url.slice(mark + 1)) };
}

function decodePath(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch (error) {
    throw registryError('NAME_INVALID', 'Cannot read the path: it is not percent-encoded UTF-8', { cause: error });
  }
}

/** The repository of a route. Throws NAME_INVALID. */
export function requireRepositoryName(text: string): RepositoryName {
  if (isRepositoryName(text)) return text;
  throw registryError(
    'NAME_INVALID',
    `Cannot use repository name "${text.slice(0, 260)}": it does not match the grammar of the specification`,
  );
}

export type ResponseHeaders = OutgoingHttpHeaders;

/** Answers without a body. */
export function sendEmpty(exchange: Incoming, status: number, headers: ResponseHeaders = {}): void {
  const isBodyless = status === 204 || status === 304;
  exchange.response.writeHead(status, isBodyless ? headers : { ...headers, 'Content-Length': 0 });
  exchange.response.end();
}

/** Answers with bytes; to HEAD with their headers alone. */
export function sendBytes(exchange: Incoming, headers: ResponseHeaders, body: Uint8Array | string): void {
  exchange.response.writeHead(200, { ...headers, 'Content-Length': Buffer.byteLength(body) });
  exchange.response.end(exchange.method === 'HEAD' ? undefined : body);
}

/** The `Content-Length` of a request, or undefined when it is chunked or absent. */
export function contentLengthOf(request: IncomingMessage): number | undefined {
  const header = request.headers['content-length'];
  return header === undefined ? undefined : Number(header);
}

/** Whether a request announces a body. */
export function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || (contentLengthOf(request) ?? 0) > 0;
}

/** Whether `If-None-Match` names the digest (RFC 9110 §13.1.2). */
export function matchesEtag(header: string | undefined, digest: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return header.split(',').some((tag) => tag.trim().replace(/^W\//, '').replaceAll('"', '') === digest);
}
