import type { Logger } from '@slipway/base';
import type { FastifyInstance } from 'fastify';
import type { Repositories, RepositorySummary } from '../repositories/repositories.ts';
import { sendError } from './error-reply.ts';
import { resolveViewer, type ViewerOptions } from './viewer.ts';

export interface SearchOptions extends ViewerOptions {
  readonly repositories: Repositories;
  readonly logger: Logger;
}

interface SearchQuery {
  readonly q?: string;
  readonly n?: string;
}

const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 100;

/**
 * What `docker search` asks, from the days of the first registry protocol: `/v1/_ping` and `/v1/search`. Without credentials it finds what is
 * public, with Basic the account's private repositories too. podman asks here first, never with its credentials, and looks at the catalog,
 * with them, only when there is nothing here: so without credentials docker alone gets an answer.
 */
export function registerSearch(scope: FastifyInstance, options: SearchOptions): void {
  scope.setErrorHandler((error, request, reply) => sendError({ error, request, reply, logger: options.logger }));
  scope.get('/v1/_ping', async (_request, reply) => await reply.header('X-Docker-Registry-Standalone', 'true').send({ standalone: true }));
  scope.get<{ Querystring: SearchQuery }>('/v1/search', async (request, reply) => {
    const { authorization, 'user-agent': userAgent = '' } = request.headers;
    if (authorization === undefined && !userAgent.startsWith('docker/')) return await reply.code(404).send();
    const { holder } = await resolveViewer(request, options);
    const text = (request.query.q ?? '').trim();
    const found = await options.repositories.search(holder, { text, limit: readLimit(request.query.n) });
    const results = found.map(toResult);
    return await reply
      .header('Cache-Control', 'no-store')
      .send({ query: text, num_results: results.length, num_pages: 1, page: 1, page_size: results.length, results });
  });
}

function readLimit(text: string | undefined): number {
  const asked = Number(text);
  return Number.isInteger(asked) && asked > 0 ? Math.min(asked, MAX_LIMIT) : DEFAULT_LIMIT;
}

function toResult({ name }: RepositorySummary) {
  return { name, description: '', is_official: name.startsWith('library/'), is_automated: false, is_trusted: false, star_count: 0 };
}
