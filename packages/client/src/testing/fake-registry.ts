import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { algorithmOf, parseDigest, parseRepositoryName } from '@slipway/oci';
import { digestBytes } from '@slipway/oci/node';
import { createRegistryClient, type RegistryClient, type RegistryClientOptions } from '../client.ts';
import type { Repository } from '../repository/repository.ts';
import { ImpatientClock, WATCHDOG_MS } from './impatient-clock.ts';

/** Answers a request itself and returns true, or leaves it to the registry. Rules are asked first, in order. */
export type Rule = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

export interface FakeRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly rules: Rule[];
  /** `METHOD /path?query` of every request. */
  readonly log: string[];
  readonly blobs: Map<string, Buffer>;
  readonly manifests: Map<string, { readonly bytes: Buffer; readonly mediaType: string }>;
  readonly uploads: Map<string, Buffer>;
}

export interface FakeRegistryOptions {
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** A small registry in this process that behaves, until a rule misbehaves. Knows no repositories: all share the same content. */
export async function startFakeRegistry(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const state = { rules: [], log: [], blobs: new Map(), manifests: new Map(), uploads: new Map() } as unknown as Omit<FakeRegistry, 'host'>;
  const listener: RequestListener = (request, response) => {
    state.log.push(`${request.method} ${request.url}`);
    void handle(state, request, response).catch(() => response.destroy());
  };
  const server = options.tls === undefined ? createServer(listener) : createSecureServer(options.tls, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    ...state,
    host: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Answers with JSON in the form of distribution-spec "Error Codes". */
export function refuse(response: ServerResponse, status: number, why: string | Refusal): true {
  const { code, headers = {} } = typeof why === 'string' ? { code: why } : why;
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ errors: [{ code, message: code.toLowerCase().replaceAll('_', ' ') }] }));
  return true;
}

export interface Refusal {
  readonly code: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Applies a rule to the first `times` requests that match. */
export function firstTimes(times: number, pattern: RegExp, rule: Rule): Rule {
  let left = times;
  return async (request, response) => {
    if (left === 0 || !pattern.test(`${request.method} ${request.url}`)) return false;
    left -= 1;
    return await rule(request, response);
  };
}

export interface TestClient extends Disposable {
  readonly client: RegistryClient;
  readonly clock: ImpatientClock;
  repository(registry: { readonly host: string }, name?: string): Repository;
}

/** A client that waits for nothing. */
export function testClient(options: Partial<RegistryClientOptions> = {}): TestClient {
  const clock = new ImpatientClock();
  const timeouts = {
    connectTimeoutMs: WATCHDOG_MS,
    responseTimeoutMs: WATCHDOG_MS,
    commitTimeoutMs: WATCHDOG_MS,
    stallTimeoutMs: WATCHDOG_MS,
  };
  const client = createRegistryClient({ clock, random: () => 0, ...options, limits: { ...timeouts, ...options.limits } });
  return {
    client,
    clock,
    repository: ({ host }, name = 'team/app') => client.repository({ registry: host, repository: parseRepositoryName(name) }),
    [Symbol.dispose]: () => client.close(),
  };
}

async function handle(state: Omit<FakeRegistry, 'host'>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const rule of state.rules) {
    if (await rule(request, response)) return;
  }
  const url = new URL(request.url ?? '', 'http://registry');
  if (url.pathname === '/v2/') {
    response.end('{}');
    return;
  }
  const [, kind = '', name = ''] = /\/(blobs\/uploads|blobs|manifests|tags|referrers)\/([^/]*)$/.exec(url.pathname) ?? [];
  if (kind === 'blobs') sendContent(request, response, { bytes: state.blobs.get(name), type: 'application/octet-stream', digest: name });
  else if (kind === 'manifests') await handleManifest(state, request, { response, name });
  else if (kind === 'blobs/uploads') await handleUpload(state, request, { response, url, id: name });
  else refuse(response, 404, 'NAME_UNKNOWN');
}

interface Answer {
  readonly response: ServerResponse;
}

async function handleManifest(
  state: Omit<FakeRegistry, 'host'>,
  request: IncomingMessage,
  { response, name }: Answer & { readonly name: string },
) {
  if (request.method === 'PUT') {
    const bytes = await buffer(request);
    const manifest = { bytes, mediaType: request.headers['content-type'] ?? '' };
    const digest = digestBytes(bytes);
    state.manifests.set(name, manifest).set(digest, manifest);
    response.writeHead(201, { 'docker-content-digest': digest }).end();
    return;
  }
  const manifest = state.manifests.get(name);
  if (manifest === undefined) refuse(response, 404, 'MANIFEST_UNKNOWN');
  else sendContent(request, response, { bytes: manifest.bytes, type: manifest.mediaType, digest: digestBytes(manifest.bytes) });
}

async function handleUpload(
  state: Omit<FakeRegistry, 'host'>,
  request: IncomingMessage,
  { response, url, id }: Answer & { readonly url: URL; readonly id: string },
): Promise<void> {
  const headersOf = (name: string) => ({
    location: `${url.pathname.replace(/[^/]*$/, '')}${name}?_state=a%2Fb`,
    range: `0-${Math.max(0, (state.uploads.get(name)?.length ?? 0) - 1)}`,
  });
  if (request.method === 'POST') {
    const name = `upload-${state.uploads.size + 1}`;
    state.uploads.set(name, Buffer.alloc(0));
    response.writeHead(202, headersOf(name)).end();
    return;
  }
  if (!state.uploads.has(id)) {
    refuse(response, 404, 'BLOB_UPLOAD_UNKNOWN');
    return;
  }
  if (request.method === 'GET') {
    response.writeHead(204, headersOf(id)).end();
    return;
  }
  const [start] = (request.headers['content-range'] ?? '').split('-');
  if (start !== '' && Number(start) !== state.uploads.get(id)?.length) {
    response.writeHead(416, headersOf(id)).end();
    return;
  }
  for await (const chunk of request) state.uploads.set(id, Buffer.concat([state.uploads.get(id) ?? Buffer.alloc(0), chunk as Buffer]));
  if (request.method === 'PATCH') {
    response.writeHead(202, headersOf(id)).end();
    return;
  }
  const digest = parseDigest(url.searchParams.get('digest') ?? '');
  const bytes = state.uploads.get(id) ?? Buffer.alloc(0);
  if (digestBytes(bytes, algorithmOf(digest)) !== digest) {
    refuse(response, 400, 'DIGEST_INVALID');
    return;
  }
  state.blobs.set(digest, bytes);
  response.writeHead(201, { location: `/blobs/${digest}`, 'docker-content-digest': digest }).end();
}

function sendContent(
  request: IncomingMessage,
  response: ServerResponse,
  content: { readonly bytes: Buffer | undefined; readonly type: string; readonly digest: string },
): void {
  if (content.bytes === undefined) {
    refuse(response, 404, 'BLOB_UNKNOWN');
    return;
  }
  const [, start] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const part = content.bytes.subarray(Number(start ?? 0));
  const total = content.bytes.length;
  const headers = {
    'content-type': content.type,
    'docker-content-digest': content.digest,
    'content-length': String(part.length),
    etag: '"e"',
  };
  const range = start === undefined ? {} : { 'content-range': `bytes ${start}-${total - 1}/${total}` };
  response.writeHead(start === undefined ? 200 : 206, { ...headers, ...range });
  response.end(request.method === 'HEAD' ? undefined : part);
}
