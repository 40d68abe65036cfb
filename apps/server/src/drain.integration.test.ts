import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { blobOf, createRegistryApi, openTempFolder, pushBlob, randomBlob, sendChunk, sha256Of, startUpload } from '@slipway/testkit';
import { expect, test } from 'vitest';
import { type ServerProcess, startServer, waitUntil } from './testing/start-server.ts';

const BLOB = randomBlob(300_000);
const DIGEST = sha256Of(BLOB);

/** A PUT of the blob of which only the first half has been sent. */
async function sendHalf(server: ServerProcess) {
  const api = createRegistryApi({ origin: server.origin, username: 'admin', password: server.adminPassword });
  const location = new URL(await startUpload(api, 'admin/app'));
  const token = await api.token(['repository:admin/app:pull,push'], `${server.origin}/token`, location.host);
  api.close();
  const socket = openSocket(server);
  location.searchParams.set('digest', DIGEST);
  socket.write(
    `PUT ${location.pathname}${location.search} HTTP/1.1\r\nHost: ${location.host}\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Length: ${BLOB.length}\r\n\r\n`,
  );
  socket.write(BLOB.subarray(0, 150_000));
  await delay(100);
  return {
    /** Sends the rest; resolves to all that came back, once the connection has ended. */
    async finish(): Promise<string> {
      socket.write(BLOB.subarray(150_000));
      return await readAll(socket);
    },
    answer: () => readAll(socket),
  };
}

function openSocket(server: ServerProcess): Socket {
  const socket = connect(server.port, '127.0.0.1');
  // A reset is how a cut connection looks; what came before it is what counts.
  socket.on('error', () => undefined);
  return socket;
}

async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  await closed(socket);
  return text;
}

/** Resolves at the end of the connection, in order or by a reset. */
async function closed(socket: Socket): Promise<void> {
  if (socket.closed) return;
  await new Promise((resolve) => socket.once('close', resolve));
}

test.each(['SIGTERM', 'SIGINT'] as const)('%s lets an upload finish, keeps what it stored, and ends with 0', async (signal) => {
  await using folder = await openTempFolder();
  await using server = await startServer({ data: folder.path });
  const idle = openSocket(server);
  idle.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(idle, 'data');
  const begun = openSocket(server);
  begun.write('GET /readyz HTTP/1.1\r\nHost: localhost\r\n');
  const upload = await sendHalf(server);
  server.kill(signal);
  await waitUntil(() => server.output().includes('The server is stopping') || undefined);
  await expect(fetch(`${server.origin}/healthz`)).rejects.toThrow('fetch failed');
  begun.write('\r\n');
  const notReady = await readAll(begun);
  expect(notReady).toMatch(/^HTTP\/1\.1 503 [\s\S]*Connection: close[\s\S]*stopping\n$/i);
  const answer = await upload.finish();
  expect(answer).toMatch(/^HTTP\/1\.1 201 /);
  expect(answer).toContain(DIGEST);
  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(server.output()).not.toContain('Requests were cut');
  if (signal === 'SIGINT') return;
  await using next = await startServer({ data: folder.path, adminPassword: server.adminPassword });
  const api = createRegistryApi({ origin: next.origin, username: 'admin', password: server.adminPassword });
  expect((await api.getBlob('admin/app', DIGEST)).body.equals(BLOB)).toBe(true);
  api.close();
});

test('SIGTERM lets a slow download finish', async () => {
  await using server = await startServer();
  const api = createRegistryApi({ origin: server.origin, username: 'admin', password: server.adminPassword });
  const large = blobOf(randomBlob(32 * 1024 * 1024, 'large'));
  await pushBlob(api, 'admin/app', large);
  const { host } = new URL(server.origin);
  const token = await api.token(['repository:admin/app:pull'], `${server.origin}/token`, host);
  api.close();
  const socket = openSocket(server);
  socket.write(`GET /v2/admin/app/blobs/${large.descriptor.digest} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  await once(socket, 'readable');
  server.kill('SIGTERM');
  await waitUntil(() => server.output().includes('The server is stopping') || undefined);
  const answer = Buffer.concat(await socket.toArray());
  expect(sha256Of(answer.subarray(answer.indexOf('\r\n\r\n') + 4))).toBe(large.descriptor.digest);
  expect(await server.exited).toEqual({ code: 0, signal: null });
});

test('idle keep-alive connections do not hold a stopping server', async () => {
  await using server = await startServer({ flags: { 'drain-timeout': '1h' } });
  const sockets = Array.from({ length: 20 }, () => openSocket(server));
  for (const [index, socket] of sockets.entries()) {
    if (index % 2 === 0) continue;
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(socket, 'data');
  }
  expect(await server.stop()).toEqual({ code: 0, signal: null });
});

test('the drain timeout cuts what does not end, and says so', async () => {
  await using server = await startServer({ flags: { 'drain-timeout': '300ms' } });
  const upload = await sendHalf(server);
  server.kill('SIGTERM');
  expect(await upload.answer()).not.toMatch(/^HTTP\/1\.1 2/);
  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(server.output()).toContain('Requests were cut');
});

test('a second signal ends the server at once', async () => {
  await using server = await startServer({ flags: { 'drain-timeout': '1h' } });
  await sendHalf(server);
  server.kill('SIGINT');
  await waitUntil(() => server.output().includes('The server is stopping') || undefined);
  server.kill('SIGINT');
  expect(await server.exited).toEqual({ code: 1, signal: null });
});

test('a restart keeps upload sessions and logins, also across a rotation of keys', async () => {
  await using folder = await openTempFolder();
  let location = '';
  let token = '';
  let refreshToken = '';
  const adminPassword = 'correct horse';
  let listen = '';
  {
    await using server = await startServer({ data: folder.path, adminPassword });
    listen = new URL(server.origin).host;
    const api = createRegistryApi({ origin: server.origin, username: 'admin', password: adminPassword });
    location = await startUpload(api, 'admin/app');
    location = new URL(await sendChunk(api, location, 0, BLOB.subarray(0, 100_000))).href.replace(server.origin, '');
    const login = await postToken(server, { grant_type: 'password', username: 'admin', password: adminPassword, access_type: 'offline' });
    token = login.token;
    refreshToken = login.refresh_token ?? '';
    api.close();
    await server.stop();
  }
  await using server = await startServer({ data: folder.path, adminPassword, listen });
  const bearer = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${token}`);
    return await fetch(server.origin + path, { ...init, headers });
  };
  const status = await bearer(location);
  expect(status.status).toBe(204);
  expect(status.headers.get('range')).toBe('0-99999');
  const basic = { authorization: `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}` };
  const rotated = await fetch(`${server.origin}/api/v1/admin/keys/rotate`, { method: 'POST', headers: basic });
  expect(rotated.status).toBe(200);
  expect((await bearer('/v2/')).status).toBe(200);
  const headers = { 'content-range': '100000-299999', 'content-type': 'application/octet-stream' };
  const put = await bearer(`${location}&digest=${DIGEST}`, { method: 'PUT', headers, body: BLOB.subarray(100_000) });
  expect(put.status).toBe(201);
  const fresh = await postToken(server, { grant_type: 'refresh_token', refresh_token: refreshToken, scope: 'repository:admin/app:pull' });
  token = fresh.token;
  expect(Buffer.from(await (await bearer(`/v2/admin/app/blobs/${DIGEST}`)).arrayBuffer()).equals(BLOB)).toBe(true);
});

async function postToken(server: ServerProcess, form: Record<string, string>) {
  const body = new URLSearchParams({
    service: new URL(server.origin).host,
    client_id: 'test',
    scope: 'repository:admin/app:pull,push',
    ...form,
  });
  const response = await fetch(`${server.origin}/token`, { method: 'POST', body });
  expect(response.status).toBe(200);
  return (await response.json()) as { token: string; refresh_token?: string };
}
