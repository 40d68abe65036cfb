import type { Clock } from '@slipway/base';
import { clientError } from '../errors.ts';
import type { Agents } from './agents.ts';
import { discardBody } from './body.ts';
import { exchange, type HttpRequest, type HttpResponse } from './exchange.ts';
import type { ClientLimits } from './limits.ts';

/** Sends a request and follows redirects. */
export type Transport = (request: HttpRequest, options?: { readonly redirect?: 'follow' | 'none' }) => Promise<HttpResponse>;

export interface TransportOptions {
  readonly agents: Agents;
  readonly clock: Clock;
  readonly limits: ClientLimits;
  readonly userAgent: string;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MAX_REDIRECTS = 10;

/**
 * Redirects of GET and HEAD are followed anywhere, without `Authorization` once the host or scheme changes; others only within the origin
 * and only as 307 or 308. From https a redirect never leads to http: what is fetched there could be read and changed on its way.
 */
export function createTransport({ agents, clock, limits, userAgent }: TransportOptions): Transport {
  return async (first, options = {}) => {
    const named = { ...first, headers: { 'user-agent': userAgent, ...first.headers } };
    let at: HttpRequest = named;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const response = await exchange(at, { agent: await agents.agentFor(at.url), clock, limits });
      const target = options.redirect === 'none' ? undefined : redirectOf(at, response);
      if (target === undefined) return response;
      await discardBody(response, { clock, stallTimeoutMs: limits.stallTimeoutMs });
      at = redirected(at, target);
    }
    throw clientError('ANSWER_INVALID', `Cannot reach "${first.url.host}": too many redirects`);
  };
}

function redirectOf(request: HttpRequest, response: HttpResponse): URL | undefined {
  const { location } = response.headers;
  if (!REDIRECTS.has(response.status) || location === undefined) return undefined;
  const target = URL.parse(location, request.url.href);
  if (target === null || (target.protocol !== 'http:' && target.protocol !== 'https:')) return undefined;
  if (request.url.protocol === 'https:' && target.protocol === 'http:') {
    throw clientError('ANSWER_INVALID', `Cannot follow "${request.url.host}": it redirects from https to "${target.origin}"`);
  }
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const isRepeatable = response.status >= 307 && target.origin === request.url.origin;
  return isRead || isRepeatable ? target : undefined;
}

function redirected(request: HttpRequest, url: URL): HttpRequest {
  if (url.origin === request.url.origin) return { ...request, url };
  const headers = Object.entries(request.headers ?? {}).filter(([name]) => name.toLowerCase() !== 'authorization');
  return { ...request, url, headers: Object.fromEntries(headers) };
}
