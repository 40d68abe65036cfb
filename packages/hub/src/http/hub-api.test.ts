import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_ROUTES, type ApiRoute, ErrorBodySchema } from '../api/index.ts';
import type { Maintenance } from '../ports.ts';
import { basic, openTestHub, type TestHub } from '../testing/open-test-hub.ts';
import { requestToken } from '../testing/request-token.ts';

const ORIGIN = 'http://localhost';
const ERROR_BODY = Compile(ErrorBodySchema);

describe('createHubApi()', () => {
  let test: TestHub;
  let app: FastifyInstance;
  let verifying = Promise.withResolvers<AbortSignal>();
  const collected: object[] = [];
  const admin = basic('admin', 'admin-secret-1');
  const ann = basic('ann', 'ann-secret-1');
  const bob = basic('bob', 'bob-secret-1');

  const maintenance: Maintenance = {
    async gc(options) {
      collected.push(options);
      return { deletedBlobs: 3, freedBytes: 12 };
    },
    async verify(_options, signal) {
      verifying.resolve(signal);
      await once(signal, 'abort');
      throw signal.reason;
    },
  };

  beforeAll(async () => {
    test = await openTestHub();
    await test.hub.accounts.ensureAdministrator({ password: 'admin-secret-1' });
    await test.hub.accounts.add({ name: 'ann', password: 'ann-secret-1' });
    await test.hub.accounts.add({ name: 'bob', password: 'bob-secret-1' });
    for (const name of ['ann/app', 'ann/deep/er/app', 'app', 'bob/hidden', 'bob/open', 'ghost/open', 'library/base'])
      test.directory.add(name);
    for (const name of ['bob/open', 'ghost/open']) {
      const entry = (await test.directory.list({ limit: 100 })).find((candidate) => candidate.name === name);
      await test.hub.repositories.setVisibility({ name: 'admin', administrator: true }, entry?.name as never, 'public');
    }
    app = Fastify();
    app.get('/outside', async () => 'page');
    await app.register(
      test.hub.createApi({
        maintenance,
        isLocalAdmin: (request) => request.headers['x-test-socket'] === 'admin',
        originOf: () => ORIGIN,
        addressOf: (request) => request.ip,
        stopping: new AbortController().signal,
        version: '1.2.3',
      }),
    );
    await app.ready();
  });
  afterAll(async () => {
    await app.close();
    await test[Symbol.asyncDispose]();
  });

  async function call(
    method: ApiRoute['method'],
    path: string,
    options: { as?: string; body?: unknown; headers?: Record<string, string> } = {},
  ) {
    const response = await app.inject({
      method,
      url: `/api/v1${path}`,
      headers: { ...(options.as === undefined ? {} : { authorization: options.as }), ...options.headers },
      ...(options.body === undefined ? {} : { payload: options.body as object }),
    });
    return { status: response.statusCode, headers: response.headers, body: response.body === '' ? undefined : response.json() };
  }

  it('asks for credentials, and answers every refusal in one shape', async () => {
    const refused = await call('GET', '/accounts');
    expect(refused.status).toBe(401);
    expect(refused.headers['www-authenticate']).toBe('Basic realm="slipway"');
    expect(refused.body.error).toMatchObject({ code: 'UNAUTHENTICATED', hint: expect.any(String), requestId: expect.any(String) });
    const refusals = [
      refused,
      await call('GET', '/accounts', { as: ann }),
      await call('GET', '/accounts', { as: basic('ann', 'nope') }),
      await call('GET', '/nowhere'),
      await call('POST', '/accounts', { as: admin, body: { name: 'x' } }),
      await call('POST', '/accounts', {
        as: admin,
        body: 'name=x',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
      await call('POST', '/accounts', { as: admin, body: '{', headers: { 'content-type': 'application/json' } }),
    ];
    expect(refusals.map((refusal) => refusal.status)).toEqual([401, 403, 401, 404, 400, 415, 400]);
    for (const refusal of refusals) expect(ERROR_BODY.Check(refusal.body)).toBe(true);
  });

  it('answers docker search on the paths of the first protocol, and leaves podman search to the catalog', async () => {
    const search = async (query: string, as?: string) => {
      const headers = { 'user-agent': 'docker/28.2.2 go/go1.24', ...(as === undefined ? {} : { authorization: as }) };
      const response = await app.inject({ url: `/v1/search?${query}`, headers });
      return response.json<{ num_results: number; results: { name: string; is_official: boolean }[] }>();
    };
    expect((await app.inject('/v1/_ping')).statusCode).toBe(200);
    expect((await search('q=OPEN')).results.map((result) => result.name)).toEqual(['bob/open', 'ghost/open']);
    expect((await search('q=open&n=1')).num_results).toBe(1);
    expect((await search('q=app')).results).toEqual([]);
    expect((await search('q=app', ann)).results.map((result) => result.name)).toEqual(['ann/app', 'ann/deep/er/app']);
    expect((await search('q=base', admin)).results).toMatchObject([{ name: 'library/base', is_official: true }]);
    expect((await app.inject({ url: '/v1/search?q=app', headers: { authorization: basic('ann', 'nope') } })).statusCode).toBe(401);
    const podman = { 'user-agent': 'containers/5.23 (github.com/containers/image)' };
    expect((await app.inject({ url: '/v1/search?q=open', headers: podman })).statusCode).toBe(404);
  });

  it('adds, lists and removes accounts', async () => {
    const added = await call('POST', '/accounts', { as: admin, body: { name: 'carol', password: 'carol-secret-1' } });
    expect(added.status).toBe(201);
    expect(added.body).toEqual({ name: 'carol', administrator: false, disabled: false, createdAt: expect.stringMatching(/Z$/) });
    const listed = await call('GET', '/accounts', { as: admin });
    expect(listed.body.accounts.map((account: { name: string }) => account.name)).toEqual(['admin', 'ann', 'bob', 'carol']);
    expect(JSON.stringify(listed.body)).not.toMatch(/argon2|password/);
    expect((await call('POST', '/accounts', { as: admin, body: { name: 'carol', password: 'carol-secret-1' } })).status).toBe(409);
    expect((await call('DELETE', '/accounts/carol', { as: admin })).status).toBe(204);
    expect((await call('DELETE', '/accounts/carol', { as: admin })).status).toBe(404);
    expect((await call('DELETE', '/accounts/admin', { as: admin })).status).toBe(409);
  });

  it.each([
    [{ password: 'long enough' }, '"name"'],
    [{ name: 7, password: 'long enough' }, '"name"'],
    [{ name: 'dave', password: 'long enough', administrator: 'yes' }, '"administrator"'],
    [{ name: 'dave', password: 'long enough', admin: true }, '"admin"'],
    [[], 'object'],
  ])('says which field of %j is wrong', async (body, field) => {
    const refused = await call('POST', '/accounts', { as: admin, body });
    expect(refused.status).toBe(400);
    expect(refused.body.error).toMatchObject({ code: 'REQUEST_INVALID', message: expect.stringContaining(field) });
    expect(refused.body.error.message).not.toContain('long enough');
  });

  it('lets administrators change any password, and others their own with the present one', async () => {
    const path = '/accounts/erin/password';
    await test.hub.accounts.add({ name: 'erin', password: 'erin-secret-1' });
    const erin = basic('erin', 'erin-secret-1');
    expect((await call('PUT', path, { as: ann, body: { password: 'stolen-secret' } })).status).toBe(403);
    expect((await call('PUT', path, { as: basic('erin', 'wrong'), body: { password: 'stolen-secret' } })).status).toBe(401);
    const token = `Bearer ${await requestToken(test.hub, { authorization: erin, origin: ORIGIN, scopes: ['hub:api:*'] })}`;
    expect((await call('PUT', path, { as: token, body: { password: 'stolen-secret' } })).status).toBe(403);
    expect((await call('PUT', path, { as: erin, body: { password: 'short' } })).body.error.code).toBe('PASSWORD_INVALID');
    expect((await call('PUT', path, { as: erin, body: { password: 'erin-secret-2' } })).status).toBe(204);
    expect((await call('GET', '/repositories', { as: erin })).status).toBe(401);
    expect((await call('GET', '/repositories', { as: token })).status).toBe(401);
    expect((await call('PUT', path, { as: admin, body: { password: 'erin-secret-3' } })).status).toBe(204);
    expect((await call('GET', '/repositories', { as: basic('erin', 'erin-secret-3') })).status).toBe(200);
    expect((await call('PUT', '/accounts/nobody/password', { as: admin, body: { password: 'long enough' } })).status).toBe(404);
  });

  it('shows to each the repositories that each may pull', async () => {
    const namesFor = async (as?: string) =>
      (await call('GET', '/repositories', as === undefined ? {} : { as })).body.repositories.map(
        (repository: { name: string }) => repository.name,
      );
    expect(await namesFor()).toEqual(['bob/open', 'ghost/open']);
    expect(await namesFor(ann)).toEqual(['ann/app', 'ann/deep/er/app', 'bob/open', 'ghost/open']);
    expect(await namesFor(bob)).toEqual(['bob/hidden', 'bob/open', 'ghost/open']);
    expect(await namesFor(admin)).toHaveLength(7);
  });

  it('pages through repositories without loss or repeat', async () => {
    for (const as of [ann, bob, admin]) {
      const all = (await call('GET', '/repositories', { as })).body.repositories;
      const paged: unknown[] = [];
      let last: string | null = '';
      while (last !== null) {
        const { body } = await call('GET', `/repositories?n=1&last=${encodeURIComponent(last)}`, { as });
        paged.push(...body.repositories);
        last = body.next;
      }
      expect(paged).toEqual(all);
    }
    expect((await call('GET', '/repositories?n=0')).body.error.message).toContain('"n"');
    expect((await call('GET', '/repositories?n=x')).status).toBe(400);
    expect((await call('GET', '/repositories?page=2')).status).toBe(400);
  });

  it('describes a repository whose name has any number of components', async () => {
    const shown = await call('GET', '/repositories/ann/deep/er/app', { as: ann });
    expect(shown.body).toEqual({
      name: 'ann/deep/er/app',
      owner: 'ann',
      visibility: 'private',
      createdAt: '2026-01-01T00:00:00.000Z',
      lastPushedAt: null,
      pushCount: 0,
    });
    expect((await call('GET', '/repositories/ann%2Fapp', { as: ann })).body.name).toBe('ann/app');
    expect((await call('GET', '/repositories/app', { as: admin })).body.owner).toBe('admin');
    expect((await call('GET', '/repositories/ghost/open')).body.owner).toBe('admin');
  });

  it('answers the same 404 for what one may not see and what does not exist', async () => {
    const hidden = await call('GET', '/repositories/bob/hidden', { as: ann });
    const missing = await call('GET', '/repositories/bob/hiddem', { as: ann });
    expect([hidden.status, missing.status]).toEqual([404, 404]);
    expect(hidden.body.error.message.replace('hidden', 'hiddem')).toBe(missing.body.error.message);
    expect((await call('PATCH', '/repositories/bob/hidden', { as: ann, body: { visibility: 'public' } })).status).toBe(404);
    expect((await call('GET', '/repositories/Bad//Name', { as: admin })).status).toBe(404);
    expect((await call('GET', '/repositories/', { as: admin })).status).toBe(404);
  });

  it('lets owners and administrators alone change the visibility', async () => {
    expect((await call('PATCH', '/repositories/bob/open', { as: ann, body: { visibility: 'private' } })).status).toBe(403);
    expect((await call('PATCH', '/repositories/bob/open', { body: { visibility: 'private' } })).status).toBe(401);
    expect((await call('PATCH', '/repositories/ann/app', { as: ann, body: { visibility: 'secret' } })).body.error.message).toContain(
      '"visibility"',
    );
    expect((await call('PATCH', '/repositories/ann/app', { as: ann, body: { visibility: 'public' } })).body.visibility).toBe('public');
    expect((await call('GET', '/repositories/ann/app')).status).toBe(200);
    expect((await call('PATCH', '/repositories/ann/app', { as: admin, body: { visibility: 'private' } })).status).toBe(200);
    expect((await call('GET', '/repositories/ann/app')).status).toBe(404);
  });

  it('takes tokens only with the scope of the API', async () => {
    const narrow = `Bearer ${await requestToken(test.hub, { authorization: admin, origin: ORIGIN, scopes: ['repository:app:pull'] })}`;
    const wide = `Bearer ${await requestToken(test.hub, { authorization: admin, origin: ORIGIN, scopes: ['hub:api:*'] })}`;
    const nobodys = `Bearer ${await requestToken(test.hub, { authorization: undefined, origin: ORIGIN, scopes: ['hub:api:*'] })}`;
    expect((await call('GET', '/accounts', { as: narrow })).body.error).toMatchObject({
      code: 'DENIED',
      hint: expect.stringContaining('hub:api:*'),
    });
    expect((await call('GET', '/accounts', { as: wide })).status).toBe(200);
    expect((await call('GET', '/accounts', { as: nobodys })).status).toBe(401);
    expect((await call('GET', '/repositories', { as: nobodys })).status).toBe(200);
    expect((await call('GET', '/repositories', { as: 'Bearer x' })).status).toBe(401);
  });

  it('takes the owner of the data folder for an administrator', async () => {
    expect((await call('GET', '/accounts', { headers: { 'x-test-socket': 'admin' } })).status).toBe(200);
  });

  it('collects garbage, and rotates keys without logging anybody out', async () => {
    const done = await call('POST', '/admin/gc', { as: admin, body: { graceSeconds: 0, dryRun: true } });
    expect(done).toMatchObject({ status: 200, body: { deletedBlobs: 3 } });
    expect((await call('POST', '/admin/gc', { as: admin })).status).toBe(200);
    expect(collected).toEqual([{ graceSeconds: 0, dryRun: true }, {}]);
    expect((await call('POST', '/admin/gc', { as: ann })).status).toBe(403);
    expect((await call('POST', '/admin/gc', { as: admin, body: { graceSeconds: -1 } })).body.error.message).toContain('"graceSeconds"');
    const token = `Bearer ${await requestToken(test.hub, { authorization: admin, origin: ORIGIN, scopes: ['hub:api:*'] })}`;
    const rotated = await call('POST', '/admin/keys/rotate', { as: token });
    expect(rotated.body).toEqual({ kid: test.hub.keys.current().kid });
    expect((await call('GET', '/accounts', { as: token })).status).toBe(200);
  });

  it('ends a verification whose client hung up', async () => {
    verifying = Promise.withResolvers();
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const request = httpRequest({
      port,
      host: '127.0.0.1',
      method: 'POST',
      path: '/api/v1/admin/verify',
      headers: { authorization: admin },
    });
    request.on('error', () => undefined);
    request.end();
    const signal = await verifying.promise;
    expect(signal.aborted).toBe(false);
    const aborted = once(signal, 'abort');
    request.destroy();
    await aborted;
    expect(signal.reason).toMatchObject({ code: 'CLIENT_GONE' });
  });

  it('describes every operation at openapi.json', async () => {
    const { body } = await call('GET', '/openapi.json');
    expect(body).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } });
    for (const [operation, route] of Object.entries<ApiRoute>(API_ROUTES)) {
      const path = `/api/v1${route.path.replace('*}', '}')}`;
      expect(body.paths[path][route.method.toLowerCase()].operationId).toBe(operation);
    }
  });

  it('touches nothing outside its prefix', async () => {
    expect((await app.inject('/outside')).body).toBe('page');
    expect((await app.inject('/elsewhere')).json()).not.toHaveProperty('error.requestId');
  });
});
