import { connect } from 'node:net';
import { buildImage, createRegistryApi, openTempFolder } from '@slipway/testkit';
import { expect, test } from 'vitest';
import { createTestAuthority } from './testing/certificates.ts';
import { startServer, waitUntil } from './testing/start-server.ts';
import { openTlsProxy, type ProxyCall, type ProxyReply, type TlsProxy } from './testing/tls-proxy.ts';

const IMAGE = buildImage({ layers: [[{ path: 'hello', content: 'hello\n' }]] });

/** A client that follows the challenge, as docker does. */
async function callAsAdmin(proxy: TlsProxy, password: string, request: ProxyCall): Promise<ProxyReply> {
  const refused = await proxy.call(request);
  expect(refused.status).toBe(401);
  const challenge = new Map(
    [...String(refused.headers['www-authenticate']).matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
  );
  const realm = new URL(challenge.get('realm') ?? '');
  expect(realm.origin).toBe(proxy.origin);
  expect(challenge.get('service')).toBe(realm.host);
  realm.searchParams.set('service', challenge.get('service') ?? '');
  realm.searchParams.set('scope', challenge.get('scope') ?? '');
  const headers = { authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}` };
  const { token } = JSON.parse((await proxy.call({ path: realm.href, headers })).body.toString()) as { token: string };
  return await proxy.call({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } });
}

test('behind a proxy that ends TLS, clients push and pull under the name they know', async () => {
  await using folder = await openTempFolder();
  await using server = await startServer();
  await using proxy = await openTlsProxy(server.origin, createTestAuthority(folder.path));
  const call = (request: ProxyCall) => callAsAdmin(proxy, server.adminPassword, request);
  for (const blob of [...IMAGE.layers, IMAGE.config]) {
    const { digest } = blob.descriptor;
    const session = await call({ method: 'POST', path: '/v2/admin/app/blobs/uploads/', headers: { 'content-length': '0' } });
    expect(session.status).toBe(202);
    expect(session.headers.location).toMatch(/^\/v2\/admin\/app\/blobs\/uploads\/[\w-]+\?/);
    const stored = await call({ method: 'PUT', path: `${session.headers.location}&digest=${digest}`, body: blob.bytes });
    expect(stored.status).toBe(201);
    expect(stored.headers.location).toBe(`/v2/admin/app/blobs/${digest}`);
  }
  const { mediaType, digest } = IMAGE.manifest.descriptor;
  const path = '/v2/admin/app/manifests/v1';
  const pushed = await call({ method: 'PUT', path, headers: { 'content-type': mediaType }, body: IMAGE.manifest.bytes });
  expect(pushed.status).toBe(201);
  expect(pushed.headers['docker-content-digest']).toBe(digest);
  expect((await call({ path })).body.equals(IMAGE.manifest.bytes)).toBe(true);
  expect((await proxy.call({ path: '/' })).body.toString()).toContain(`docker login ${new URL(proxy.origin).host}<`);
  await waitUntil(() => server.accessLog().some(({ path, status }) => path === '/' && status === 200) || undefined);
  expect(new Set(server.accessLog().map(({ address }) => address))).toEqual(new Set(['203.0.113.9']));
});

test('forwarding headers of strangers count for nothing', async () => {
  await using server = await startServer({ flags: { 'trusted-proxies': '192.0.2.1' } });
  const headers = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.9' };
  const refused = await fetch(`${server.origin}/v2/`, { headers });
  expect(refused.headers.get('www-authenticate')).toContain(`Bearer realm="${server.origin}/token"`);
});

test('--public-url is what clients are told, whatever they asked for', async () => {
  await using server = await startServer({ flags: { 'public-url': 'https://hub.example' } });
  const refused = await fetch(`${server.origin}/v2/`, { headers: { 'x-forwarded-host': 'evil.example' } });
  expect(refused.headers.get('www-authenticate')).toContain('Bearer realm="https://hub.example/token",service="hub.example"');
  expect(await (await fetch(server.origin)).text()).toContain('docker login hub.example<');
  expect(server.output()).toContain('docker login hub.example ');
  const api = createRegistryApi({ origin: server.origin, username: 'admin', password: server.adminPassword });
  expect((await api.send({ method: 'GET', path: '/v2/', auth: 'basic' })).status).toBe(200);
  api.close();
});

test('a Host header that is none does no harm', async () => {
  await using server = await startServer();
  for (const host of ['a:70000', '1.2.3.4.5', '"><script>alert(1)</script>', '[:::]']) {
    const page = await get(server.port, '/', host);
    expect(page).toMatch(/^HTTP\/1\.1 200 /);
    expect(page).not.toContain('<script');
    expect(await get(server.port, '/v2/', host)).toContain('realm="http://localhost/token"');
  }
});

async function get(port: number, path: string, host: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  return Buffer.concat((await socket.toArray()) as Buffer[]).toString();
}
