import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

/** What the fake answers; a string goes out as it is. */
export interface CannedReply {
  readonly status: number;
  readonly body?: unknown;
}

export interface FakeApi extends AsyncDisposable {
  /** In order of arrival. */
  readonly seen: readonly SeenRequest[];
  /** `http://127.0.0.1:PORT`, when it listens on a port. */
  readonly origin: string;
}

/** A real HTTP server that plays the hub, on a socket or on a free port of loopback. Without an answer it leaves the client waiting. */
export async function startFakeApi(
  listenOn: { readonly socket: string } | { readonly port: 0 },
  answer: (request: SeenRequest) => CannedReply | undefined,
): Promise<FakeApi> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    readRequest(request).then(
      (read) => {
        seen.push(read);
        const reply = answer(read);
        if (reply === undefined) return;
        response.writeHead(reply.status, { 'content-type': 'application/json' });
        response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body));
      },
      (error: unknown) => response.destroy(error as Error),
    );
  });
  if ('socket' in listenOn) server.listen(listenOn.socket);
  else server.listen(listenOn.port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    seen,
    origin: typeof address === 'string' ? '' : `http://127.0.0.1:${(address as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** A refusal as the hub words it. */
export function refusal(status: number, error: { readonly code: string; readonly message: string; readonly hint?: string }): CannedReply {
  return { status, body: { error: { ...error, requestId: 'req-1' } } };
}

async function readRequest(request: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  return { method: request.method ?? '', url: request.url ?? '', authorization: request.headers.authorization, body };
}
