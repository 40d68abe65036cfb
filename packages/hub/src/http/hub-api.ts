import type { Logger } from '@slipway/base';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import { API_PREFIX, API_ROUTES, type ApiOperation, type ApiRoute } from '../api/index.ts';
import { hubError } from '../errors.ts';
import type { Repositories } from '../repositories/repositories.ts';
import { sendError } from './error-reply.ts';
import type { Call, Operations } from './operations.ts';
import { registerSearch } from './search.ts';
import { createBodyValidator, createQueryValidator, type Validate } from './validate.ts';
import { checkAccess, resolveViewer, type ViewerOptions } from './viewer.ts';

export interface HubApiOptions extends ViewerOptions {
  readonly operations: Operations;
  readonly repositories: Repositories;
  readonly logger: Logger;
}

const MAX_BODY_BYTES = 64 * 1024;

/**
 * The hub's API below `/api/v1`, and docker's search, as a Fastify plugin; brings its own error replies and body parsers and touches nothing outside.
 * It takes credentials from the Authorization header alone, and JSON alone: no page of another origin can call it in a user's name.
 */
export function createHubApi(options: HubApiOptions): FastifyPluginAsync {
  return async (app) => {
    await app.register(async (scope) => registerRoutes(scope, options), { prefix: API_PREFIX });
    await app.register(async (scope) => registerSearch(scope, options));
  };
}

function registerRoutes(scope: FastifyInstance, options: HubApiOptions): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(
    'application/json',
    { parseAs: 'string', bodyLimit: MAX_BODY_BYTES },
    async (_request: FastifyRequest, text: string) => parseJson(text),
  );
  scope.setErrorHandler((error, request, reply) => sendError({ error, request, reply, logger: options.logger }));
  scope.setNotFoundHandler((request, reply) => {
    const error = hubError('ROUTE_UNKNOWN', `Cannot find ${request.method} "${request.url.split('?')[0]}"`);
    return sendError({ error, request, reply, logger: options.logger });
  });
  for (const operation of Object.keys(API_ROUTES) as ApiOperation[]) registerRoute(scope, operation, options);
}

function registerRoute(scope: FastifyInstance, operation: ApiOperation, options: HubApiOptions): void {
  const route: ApiRoute = API_ROUTES[operation];
  // The validators below give the call the very shape that this operation declares.
  const run = options.operations[operation] as (call: Call<ApiOperation>) => Promise<unknown>;
  const readBody = validatorOf(route.body, createBodyValidator);
  const readQuery = validatorOf(route.query, createQueryValidator);
  scope.route({
    method: route.method,
    url: route.path.replace('{name*}', '*').replace('{name}', ':name'),
    handler: async (request, reply) => {
      const viewer = await resolveViewer(request, options);
      checkAccess(viewer, route.access);
      const call = {
        viewer,
        name: nameOf(request),
        body: readBody(request.body),
        query: readQuery(request.query),
        signal: signalOf(reply),
      } as Call<ApiOperation>;
      const result = await run(call);
      reply.code(route.reply.status).header('Cache-Control', 'no-store');
      return await (result === undefined ? reply.send() : reply.send(result));
    },
  });
}

function validatorOf(schema: TSchema | undefined, create: (schema: TSchema) => Validate<TSchema>): (value: unknown) => unknown {
  return schema === undefined ? () => undefined : create(schema);
}

function parseJson(text: string): unknown {
  if (text === '') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (error) {
    throw hubError('REQUEST_INVALID', 'Cannot read the body: it is no JSON', { cause: error });
  }
}

function nameOf(request: FastifyRequest): string {
  const params: unknown = request.params;
  if (typeof params !== 'object' || params === null) return '';
  const values = Object.values(params);
  // A path has at most one parameter, whatever it is called.
  return typeof values[0] === 'string' ? values[0] : '';
}

function signalOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (reply.raw.writableFinished) return;
    controller.abort(hubError('CLIENT_GONE', 'Cannot go on: the client hung up'));
  });
  return controller.signal;
}
