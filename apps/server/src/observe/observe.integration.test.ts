import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildImage, createRegistryApi } from '@slipway/testkit';
import { expect, test } from 'vitest';
import { type ServerProcess, startServer, waitUntil } from '../testing/start-server.ts';

const IMAGE = buildImage({ layers: [[{ path: 'hello', content: 'hello\n'.repeat(1000) }]] });

function basic(password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}` };
}

async function push(server: ServerProcess): Promise<void> {
  const api = createRegistryApi({ origin: server.origin, username: 'admin', password: server.adminPassword });
  await api.pushImage('admin/app', 'v1', IMAGE);
  api.close();
}

async function readMetrics(server: ServerProcess): Promise<Map<string, number>> {
  const response = await fetch(`${server.origin}/metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const samples = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

test('/metrics counts requests, bytes, what is stored and garbage collections', async () => {
  await using server = await startServer();
  await push(server);
  const before = await readMetrics(server);
  expect(before.get('slipway_http_request_duration_seconds_count{route="manifest",method="PUT",status="2xx"}')).toBe(1);
  expect(before.get('slipway_http_request_duration_seconds_count{route="upload",method="PUT",status="2xx"}')).toBe(2);
  expect(before.get('slipway_http_request_duration_seconds_count{route="upload-start",method="POST",status="4xx"}')).toBe(1);
  expect(before.get('slipway_received_bytes_total{route="upload"}')).toBeGreaterThan(IMAGE.config.bytes.length);
  expect(before.get('slipway_sent_bytes_total{route="token"}')).toBeGreaterThan(100);
  expect(before.get('slipway_store{kind="repositories"}')).toBe(1);
  expect(before.get('slipway_store{kind="manifests"}')).toBe(1);
  expect(before.get('slipway_store{kind="tags"}')).toBe(1);
  expect(before.get('slipway_store_bytes')).toBeGreaterThanOrEqual(IMAGE.config.bytes.length);
  expect(before.get('slipway_uploads_open')).toBe(0);
  expect(before.get('slipway_gc_runs_total')).toBe(0);
  expect(before.get('process_resident_memory_bytes')).toBeGreaterThan(0);
  const headers = { ...basic(server.adminPassword), 'content-type': 'application/json' };
  const api = createRegistryApi({ origin: server.origin, username: 'admin', password: server.adminPassword });
  await api.deleteManifest('admin/app', IMAGE.manifest.descriptor.digest);
  api.close();
  const collected = await fetch(`${server.origin}/api/v1/admin/gc`, { method: 'POST', headers, body: '{"graceSeconds":0}' });
  expect(collected.status).toBe(200);
  const report = (await collected.json()) as { blobs: number; bytes: number };
  expect(report.blobs).toBeGreaterThanOrEqual(2);
  const after = await readMetrics(server);
  expect(after.get('slipway_gc_runs_total')).toBe(1);
  expect(after.get('slipway_gc_freed_blobs_total')).toBe(report.blobs);
  expect(after.get('slipway_gc_freed_bytes_total')).toBe(report.bytes);
  expect(after.get('slipway_store{kind="manifests"}')).toBe(0);
});

test('/metrics is open on loopback and wants the administrator elsewhere', async () => {
  await using server = await startServer();
  const ask = async (headers: Record<string, string>): Promise<Response> => await fetch(`${server.origin}/metrics`, { headers });
  const elsewhere = { 'x-forwarded-for': '203.0.113.9' };
  expect((await ask({})).status).toBe(200);
  const refused = await ask(elsewhere);
  expect(refused.status).toBe(401);
  expect(refused.headers.get('www-authenticate')).toBe('Basic realm="slipway"');
  expect(await refused.text()).not.toContain('slipway_');
  expect((await ask({ 'x-forwarded-for': '127.0.0.1, 203.0.113.9' })).status).toBe(401);
  expect((await ask({ ...elsewhere, ...basic('wrong') })).status).toBe(401);
  expect((await ask({ ...elsewhere, ...basic(server.adminPassword) })).status).toBe(200);
  const ann = { name: 'ann', password: 'ann-secret-1' };
  const json = { ...basic(server.adminPassword), 'content-type': 'application/json' };
  expect((await fetch(`${server.origin}/api/v1/accounts`, { method: 'POST', headers: json, body: JSON.stringify(ann) })).status).toBe(201);
  const asAnn = `Basic ${Buffer.from(`${ann.name}:${ann.password}`).toString('base64')}`;
  expect((await ask({ ...elsewhere, authorization: asAnn })).status).toBe(401);
});

test('the access log has one line a request, with its id, and nothing on /v2 is compressed', async () => {
  await using server = await startServer();
  await push(server);
  const token = await fetchToken(server, 'repository:admin/app:pull');
  const { digest } = IMAGE.manifest.descriptor;
  const layer = IMAGE.layers[0]?.descriptor.digest ?? '';
  const ids = new Map<string, { path: string; status: number; bytes: number }>();
  for (const path of [
    '/v2/',
    `/v2/admin/app/manifests/${digest}`,
    `/v2/admin/app/blobs/${layer}`,
    '/v2/admin/app/tags/list?n=5',
    '/v2/_catalog',
  ]) {
    const headers = { authorization: `Bearer ${token}`, 'accept-encoding': 'zstd, br, gzip, deflate', 'x-request-id': 'forged' };
    const response = await fetch(server.origin + path, { headers });
    expect(response.headers.get('content-encoding'), path).toBeNull();
    expect(response.headers.has('content-length'), path).toBe(true);
    const bytes = (await response.arrayBuffer()).byteLength;
    ids.set(response.headers.get('x-request-id') ?? '', { path: path.replace(/\?.*/, ''), status: response.status, bytes });
  }
  expect(ids.size).toBe(5);
  await waitUntil(() => server.accessLog().some(({ path }) => path === '/v2/_catalog') || undefined);
  const lines = server.accessLog();
  expect(new Set(lines.map(({ requestId }) => requestId)).size).toBe(lines.length);
  for (const [requestId, { path, status, bytes }] of ids) {
    const found = lines.filter((line) => line['requestId'] === requestId);
    expect(found, path).toHaveLength(1);
    expect(found[0]).toMatchObject({ level: 'info', address: '127.0.0.1', method: 'GET', path, status, durationMs: expect.any(Number) });
    expect(found[0]?.['bytesOut']).toBeGreaterThan(bytes);
  }
  expect(lines.find(({ path }) => path === `/v2/admin/app/manifests/${digest}`)).toMatchObject({
    route: 'manifest',
    repository: 'admin/app',
    account: 'admin',
  });
});

test('no secret reaches output or log files, whatever clients get wrong, at level debug', async () => {
  await using server = await startServer({ flags: { 'log-level': 'debug' } });
  const secrets = [
    server.adminPassword,
    'wrong-secret-in-basic',
    'secret-in-a-form',
    'secret-in-query',
    'secret-in-json',
    'secret-bearer-token',
  ];
  await push(server);
  const token = await fetchToken(server, 'repository:admin/app:pull');
  secrets.push(token, token.split('.')[2] ?? token);
  const form = (fields: Record<string, string>): RequestInit => ({ method: 'POST', body: new URLSearchParams(fields) });
  const login = await fetch(
    `${server.origin}/token`,
    form({ grant_type: 'password', username: 'admin', password: server.adminPassword, access_type: 'offline', client_id: 'test' }),
  );
  const { refresh_token: refreshToken } = (await login.json()) as { refresh_token: string };
  secrets.push(refreshToken);
  const json = { 'content-type': 'application/json' };
  const calls: [string, RequestInit][] = [
    ['/token?service=x', { headers: basic('wrong-secret-in-basic') }],
    ['/v2/', { headers: basic('wrong-secret-in-basic') }],
    ['/v2/', { headers: { authorization: 'Bearer secret-bearer-token' } }],
    ['/v2/', { headers: { authorization: 'secret-bearer-token' } }],
    ['/token?password=secret-in-query&grant_type=password', {}],
    ['/api/v1/accounts?access_token=secret-in-query', {}],
    ['/nothing?key=secret-in-query', {}],
    ['/token', form({ grant_type: 'password', username: 'admin', password: 'secret-in-a-form' })],
    ['/token', form({ grant_type: 'refresh_token', refresh_token: 'secret-in-a-form' })],
    ['/token', form({ grant_type: 'refresh_token', refresh_token: refreshToken })],
    ['/token', form({ grant_type: 'password', username: 'secret-in-a-form' })],
    ['/api/v1/accounts', { method: 'POST', headers: { ...json, ...basic(server.adminPassword) }, body: '{"name":"secret-in-json"' }],
    [
      '/api/v1/accounts',
      { method: 'POST', headers: { ...json, ...basic(server.adminPassword) }, body: '{"name":"ann","password":"secret-in-json"}' },
    ],
    [
      '/api/v1/accounts',
      { method: 'POST', headers: { ...json, ...basic(server.adminPassword) }, body: '{"name":"ann","password":"secret-in-json"}' },
    ],
    ['/v2/admin/app/manifests/v2', { method: 'PUT', headers: { authorization: `Bearer ${token}` }, body: '{"secret-in-json":' }],
  ];
  for (const [path, init] of calls) await (await fetch(server.origin + path, init)).arrayBuffer();
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  const searched = new Map([['output', server.output()]]);
  for (const entry of await readdir(server.data, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile()) searched.set(file, (await readFile(file)).toString('latin1'));
  }
  expect(searched.size).toBeGreaterThan(3);
  for (const [place, text] of searched) {
    for (const secret of [...secrets, ...secrets.map((secret) => Buffer.from(`admin:${secret}`).toString('base64'))]) {
      expect(text.includes(secret), `${secret} in ${place}`).toBe(false);
    }
  }
  expect(server.output()).not.toMatch(/authorization|bearer /i);
});

async function fetchToken(server: ServerProcess, scope: string): Promise<string> {
  const query = new URLSearchParams({ service: new URL(server.origin).host, scope });
  const response = await fetch(`${server.origin}/token?${query.toString()}`, { headers: basic(server.adminPassword) });
  return ((await response.json()) as { token: string }).token;
}
