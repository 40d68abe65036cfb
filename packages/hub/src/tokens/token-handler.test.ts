import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, openTestHub, type TestHub } from '../testing/open-test-hub.ts';

const ANN = { name: 'ann', password: 'ann-secret-1' };

describe('createTokenHandler()', () => {
  let test: TestHub;
  let server: Server;
  let port: number;
  let url: string;

  beforeAll(async () => {
    test = await openTestHub();
    await test.hub.accounts.ensureAdministrator({ password: 'admin-secret-1' });
    await test.hub.accounts.add(ANN);
    const shared = test.directory.add('bob/shared');
    await test.database.write('hub.setVisibility', { repositoryId: shared.id, name: shared.name, visibility: 'public' });
    server = createServer((request, response) => {
      void test.hub.tokenHandler(request, response, { address: '10.0.0.1', origin: 'https://hub.example' });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
    url = `http://127.0.0.1:${port}/token`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await test[Symbol.asyncDispose]();
  });

  async function ask(query: string, authorization?: string) {
    const response = await fetch(`${url}?${query}`, authorization === undefined ? {} : { headers: { authorization } });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, unknown> };
  }
  async function post(form: Record<string, string>) {
    const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form) });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
  const accessOf = (body: Record<string, unknown>) => decodeJwt(String(body.token)).access;
  const asAnn = basic(ANN.name, ANN.password);

  it('answers docker login: no scope, a refresh token only when asked', async () => {
    const login = await ask('account=ann&client_id=docker&offline_token=true&service=hub.example', asAnn);
    expect(login.status).toBe(200);
    expect(login.body).toMatchObject({
      expires_in: 900,
      issued_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      refresh_token: expect.any(String),
    });
    expect(login.body.token).toBe(login.body.access_token);
    expect(decodeJwt(String(login.body.token))).toMatchObject({ sub: 'ann', aud: 'hub.example', access: [] });
    expect(login.headers.get('cache-control')).toBe('no-store');
    expect((await ask('service=hub.example', asAnn)).body).not.toHaveProperty('refresh_token');
  });

  it.each([
    ['nobody', undefined],
    ['Basic Og==, which the conformance suite sends', 'Basic Og=='],
  ])('gives %s a token for what is public', async (_who, authorization) => {
    const { status, body } = await ask(
      'offline_token=true&scope=repository:bob/shared:pull,push&scope=repository:ann/app:pull',
      authorization,
    );
    expect(status).toBe(200);
    expect(accessOf(body)).toEqual([{ type: 'repository', name: 'bob/shared', actions: ['pull'] }]);
    expect(decodeJwt(String(body.token)).sub).toBe('');
    expect(body).not.toHaveProperty('refresh_token');
  });

  it('grants what the account may have, of scopes repeated or joined', async () => {
    const expected = [
      { type: 'repository', name: 'ann/app', actions: ['push', 'pull', 'delete'] },
      { type: 'repository', name: 'bob/shared', actions: ['pull'] },
      { type: 'registry', name: 'catalog', actions: ['*'] },
    ];
    const scopes = [
      'repository:ann/app:push,pull',
      'repository:bob/shared:*',
      'repository:bob/secret:pull',
      'registry:catalog:*',
      'repository:ann/app:delete',
      'what:ever:*',
      '::',
    ];
    const repeated = await ask(scopes.map((scope) => `scope=${encodeURIComponent(scope)}`).join('&'), asAnn);
    expect(accessOf(repeated.body)).toEqual(expected);
    expect(repeated.body.scope).toBe('repository:ann/app:push,pull,delete repository:bob/shared:pull registry:catalog:*');
    const joined = await post({
      grant_type: 'password',
      username: ANN.name,
      password: ANN.password,
      service: 'x',
      client_id: 'c',
      scope: scopes.join(' '),
    });
    expect(accessOf(joined.body)).toEqual(expected);
  });

  it('answers 401 with words for Docker when the password is wrong, also in a form', async () => {
    const refused = await ask('service=x', basic('ann', 'nope'));
    expect(refused.status).toBe(401);
    expect(refused.body.errors).toEqual([{ code: 'UNAUTHORIZED', message: 'incorrect username or password', detail: null }]);
    expect(refused.headers.get('www-authenticate')).toBe('Basic realm="hub.example"');
    expect((await post({ grant_type: 'password', username: 'ann', password: 'nope' })).status).toBe(401);
    expect((await post({ grant_type: 'refresh_token', refresh_token: 'nope' })).status).toBe(401);
    expect((await ask('', 'Bearer x')).status).toBe(401);
  });

  it('takes a refresh token in place of a password, until the password changes', async () => {
    await test.hub.accounts.add({ name: 'carol', password: 'carol-secret-1' });
    const login = await post({
      grant_type: 'password',
      username: 'carol',
      password: 'carol-secret-1',
      access_type: 'offline',
      client_id: 'test',
    });
    const refreshToken = String(login.body.refresh_token);
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken, scope: 'repository:carol/app:push' };
    const refreshed = await post(form);
    expect(accessOf(refreshed.body)).toEqual([{ type: 'repository', name: 'carol/app', actions: ['push'] }]);
    expect(refreshed.body).not.toHaveProperty('refresh_token');
    expect((await post({ ...form, access_type: 'offline' })).body.refresh_token).toBe(refreshToken);
    const rows = await test.database.reader.selectFrom('hub_refresh_tokens').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(refreshToken);
    expect(rows.some((row) => row.client_id === 'test')).toBe(true);
    await test.hub.accounts.changePassword('carol', 'carol-secret-2');
    expect((await post(form)).status).toBe(401);
  });

  it('answers 400 to malformed forms, in the words of OAuth and of the registry', async () => {
    for (const form of [{}, { grant_type: 'password', username: 'ann' }, { grant_type: 'refresh_token' }]) {
      const { status, body } = await post(form);
      expect(status).toBe(400);
      expect(body).toMatchObject({ error: 'invalid_request', errors: [{ code: 'UNSUPPORTED' }] });
    }
    expect((await post({ grant_type: 'magic' })).body.error).toBe('unsupported_grant_type');
    const json = await fetch(url, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
    expect(json.status).toBe(400);
  });

  it('answers 405 to other methods', async () => {
    for (const method of ['PUT', 'DELETE', 'HEAD']) {
      const response = await fetch(url, { method });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('GET, POST');
      await response.arrayBuffer();
    }
  });

  it('answers 413 to a body that does not end, and hangs up', async () => {
    const socket = connect(port, '127.0.0.1');
    const answer = new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('error', () => resolve(text));
      socket.on('close', () => resolve(text));
    });
    socket.write(
      'POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    for (let count = 0; count < 70; count += 1) socket.write(`400\r\n${'a'.repeat(1024)}\r\n`);
    expect(await answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('answers 429 with Retry-After after many failures', async () => {
    let last = await ask('', basic('mallory', 'guess'));
    for (let count = 0; count < 40 && last.status === 401; count += 1) last = await ask('', basic('mallory', `guess${count}`));
    expect(last.status).toBe(429);
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(last.body.errors).toMatchObject([{ code: 'TOOMANYREQUESTS' }]);
  });
});
