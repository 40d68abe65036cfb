import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { sha256Of } from './fixture-image.ts';
import { randomBlob } from './random-blob.ts';
import { RegistryHttp } from './registry-http.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

async function withServer(handler: Handler, work: (origin: string) => Promise<void>): Promise<void> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => handler(request, response, Buffer.concat(chunks)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  try {
    await work(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

test('send() answers a challenge with a token for its scopes, and keeps the token', async () => {
  const tokenRequests: string[] = [];
  const handler: Handler = (request, response, body) => {
    if (request.url?.startsWith('/token')) {
      tokenRequests.push(`${request.headers.authorization} ${request.url}`);
      response.end(JSON.stringify({ token: 'secret' }));
      return;
    }
    if (request.headers.authorization === 'Bearer secret') {
      response.end(body);
      return;
    }
    const realm = `http://${request.headers.host}/token`;
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="s",scope="repository:a/b:pull,push"` }).end();
  };
  await withServer(handler, async (origin) => {
    const http = new RegistryHttp({ origin, username: 'ann', password: 'p:w' });
    const request = { method: 'PUT', path: '/v2/a/b/manifests/x', body: 'bytes', scopes: ['repository:c:pull'] };
    expect((await http.send(request)).body.toString()).toBe('bytes');
    expect((await http.send(request)).status).toBe(200);
    const basic = Buffer.from('ann:p:w').toString('base64');
    expect(tokenRequests).toEqual([`Basic ${basic} /token?service=s&scope=repository%3Aa%2Fb%3Apull%2Cpush&scope=repository%3Ac%3Apull`]);
    http.close();
  });
});

test('send() without authentication returns the challenge', async () => {
  await withServer(
    (_, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end('no'),
    async (origin) => {
      const http = new RegistryHttp({ origin });
      expect((await http.send({ method: 'GET', path: '/v2/', auth: 'none' })).status).toBe(401);
      expect((await http.send({ method: 'GET', path: '/v2/' })).status).toBe(401);
      http.close();
    },
  );
});

test('token() rejects when the realm refuses', async () => {
  await withServer(
    (_, response) => response.writeHead(401).end('wrong password'),
    async (origin) => {
      const http = new RegistryHttp({ origin, username: 'ann', password: 'x' });
      await expect(http.token([])).rejects.toMatchObject({ code: 'TOKEN_REFUSED', message: expect.stringContaining('wrong password') });
      http.close();
    },
  );
});

test('download() digests a streamed body', async () => {
  const bytes = randomBlob(3_000_000, 'download');
  await withServer(
    (_, response, body) => response.end(body),
    async (origin) => {
      const http = new RegistryHttp({ origin });
      const body = Readable.from([bytes], { objectMode: false });
      const answer = await http.download({ method: 'POST', path: '/', body, auth: 'none' });
      expect(answer).toMatchObject({ status: 200, digest: sha256Of(bytes), sizeBytes: bytes.length });
      http.close();
    },
  );
});
