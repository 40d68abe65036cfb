import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { createServer, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { TestAuthority } from './certificates.ts';

export interface ProxyCall {
  readonly method?: string;
  /** Path and query, or a URL at the proxy. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface ProxyReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A reverse proxy that ends TLS for `localhost` on a port of its own, as nginx in front of the server does. */
export interface TlsProxy extends AsyncDisposable {
  /** `https://localhost:PORT`. */
  readonly origin: string;
  /** A request to the proxy as a client sends it. */
  call(request: ProxyCall): Promise<ProxyReply>;
}

export async function openTlsProxy(upstream: string, authority: TestAuthority): Promise<TlsProxy> {
  const server = createServer(authority.issue('proxy'), (request, response) => {
    const { host: seen, ...rest } = request.headers;
    const headers = {
      ...rest,
      'x-forwarded-for': [request.headers['x-forwarded-for'], '203.0.113.9'].filter(Boolean).join(', '),
      'x-forwarded-host': seen,
      'x-forwarded-proto': 'https',
    };
    const onward = httpRequest(new URL(request.url ?? '/', upstream), { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, response).catch(() => response.destroy());
    });
    onward.on('error', () => response.destroy());
    pipeline(request, onward).catch(() => onward.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const origin = `https://localhost:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    async call({ method = 'GET', path, headers = {}, body }) {
      const url = new URL(path, origin);
      const options = { method, headers, ca: authority.certificate, agent: false, host: '127.0.0.1', servername: 'localhost' };
      const call = httpsRequest(url, options).end(body);
      const [response] = (await once(call, 'response')) as [NodeJS.ReadableStream & { statusCode: number; headers: IncomingHttpHeaders }];
      return { status: response.statusCode, headers: response.headers, body: await buffer(response) };
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
