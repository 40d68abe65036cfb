import { type ClientRequest, type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { API_ROUTES, apiPath } from '@slipway/hub/api';
import { cliError } from '../errors.ts';
import { readRefusal } from './refusal.ts';
import { type ApiReplies, type CalledOperation, readReply } from './replies.ts';
import type { ServerAddress } from './server-address.ts';
import { toUnreachable } from './unreachable.ts';

export interface CallOptions {
  /** The account or repository that the path names. */
  readonly name?: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: object;
}

/** Calls operations of the hub's API. Errors: those of the server under their own codes, SERVER_UNREACHABLE, SERVER_REPLY_INVALID. */
export interface ApiClient {
  call<Operation extends CalledOperation>(operation: Operation, options?: CallOptions): Promise<ApiReplies[Operation]>;
}

export interface ApiClientOptions {
  readonly server: ServerAddress;
  /** Ends the call under way. */
  readonly signal: AbortSignal;
}

const MAX_REPLY_BYTES = 64 * 1024 * 1024;
const KEEP_ALIVE_MS = 30_000;

/** Waits for an answer as long as the connection stands: garbage collection and verification take their time. */
export function createApiClient({ server, signal }: ApiClientOptions): ApiClient {
  return {
    async call(operation, options = {}) {
      const { method, reply } = API_ROUTES[operation];
      const target = apiPath(operation, options.name) + queryOf(options.query);
      const body = options.body === undefined ? undefined : JSON.stringify(options.body);
      try {
        const { status, text } = await exchange(startRequest(server, { method, target, body, signal }), body);
        if (status !== reply.status) throw readRefusal(status, text);
        return readReply(operation, text);
      } catch (error) {
        signal.throwIfAborted();
        throw toUnreachable(error, server);
      }
    },
  };
}

interface OutgoingRequest {
  readonly method: string;
  readonly target: string;
  readonly body: string | undefined;
  readonly signal: AbortSignal;
}

function startRequest(server: ServerAddress, { method, target, body, signal }: OutgoingRequest): ClientRequest {
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'slipway' };
  if (body !== undefined) {
    headers['content-type'] = 'application/json';
    headers['content-length'] = String(Buffer.byteLength(body));
  }
  const options: RequestOptions = { method, path: target, headers, agent: false, signal };
  if (server.kind === 'socket') return requestHttp({ ...options, socketPath: server.path, host: 'localhost' });
  if (server.credentials !== undefined) {
    const { username, password } = server.credentials;
    headers['authorization'] = `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
  }
  return server.url.protocol === 'https:' ? requestHttps(server.url.origin, options) : requestHttp(server.url.origin, options);
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function exchange(request: ClientRequest, body: string | undefined): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request.once('response', resolve);
  request.on('error', reject);
  request.on('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
  request.end(body);
  const response = await promise;
  return { status: response.statusCode ?? 0, text: await readText(response) };
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_REPLY_BYTES) throw cliError('SERVER_REPLY_INVALID', "Cannot read the server's answer: it is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function queryOf(query: CallOptions['query']): string {
  if (query === undefined) return '';
  const texts = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
  return `?${new URLSearchParams(texts).toString()}`;
}
