import { ErrorBodySchema } from './error-body.ts';
import { API_PREFIX, API_ROUTES, type ApiRoute } from './routes.ts';

/** The OpenAPI 3.1 description of the API, made from the very table and schemas that serve it. */
export function createOpenApiDocument({ version }: { readonly version: string }): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [operation, route] of Object.entries<ApiRoute>(API_ROUTES)) {
    const path = API_PREFIX + route.path.replace('*}', '}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describeOperation(operation, route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Slipway hub', version, description: 'Accounts, repositories and administration of a Slipway server.' },
    paths,
    components: {
      schemas: { Error: ErrorBodySchema },
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic' },
        bearer: { type: 'http', scheme: 'bearer', description: 'A token of /token with the scope "hub:api:*"' },
      },
    },
  };
}

function describeOperation(operation: string, route: ApiRoute): object {
  const credentials = [{ basic: [] }, { bearer: [] }];
  return {
    operationId: operation,
    summary: route.summary,
    security: route.access === 'anyone' ? [{}, ...credentials] : credentials,
    parameters: [...pathParameters(route), ...queryParameters(route)],
    ...(route.body === undefined ? {} : { requestBody: { content: { 'application/json': { schema: route.body } } } }),
    responses: {
      [route.reply.status]: {
        description: 'Done',
        ...(route.reply.schema === undefined ? {} : { content: { 'application/json': { schema: route.reply.schema } } }),
      },
      default: { description: 'Refused', content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } },
    },
  };
}

function pathParameters({ path }: ApiRoute): object[] {
  if (!path.includes('{name')) return [];
  const description = path.includes('{name*}') ? 'A repository name; its slashes are not encoded' : 'An account name';
  return [{ name: 'name', in: 'path', required: true, description, schema: { type: 'string' } }];
}

function queryParameters({ query }: ApiRoute): object[] {
  const properties: unknown = query !== undefined && 'properties' in query ? query.properties : {};
  return Object.entries(properties ?? {}).map(([name, schema]: [string, unknown]) => ({ name, in: 'query', required: false, schema }));
}
