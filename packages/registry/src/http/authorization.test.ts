import { pushBlob, startUpload } from '@slipway/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { blob, codesOf, digestOf, imageOf, pushImage, TYPES } from '../testing/manifest-fixtures.ts';
import { openTestRegistry, PATIENCE, type TestRegistry } from '../testing/open-test-registry.ts';
import { headOf, openRawConnection } from '../testing/raw-http.ts';
import { type Method, ROUTES, type Route } from './router.ts';

const REPOSITORY = 'team/app';
const DIGEST = digestOf('anything');
const CHALLENGE = 'Bearer realm="https://hub.test/token",service="hub.test",scope="repository:team/app:pull",error="insufficient_scope"';

let test: TestRegistry;

beforeAll(async () => {
  test = await openTestRegistry();
});

afterEach(() => {
  test.authorizer.verdict = undefined;
  test.authorizer.may = (account) => account !== undefined;
});

afterAll(async () => {
  await test[Symbol.asyncDispose]();
});

/** Every method of every route, with the access it needs. */
function everyRequest() {
  return Object.values(ROUTES).flatMap((route: Route) =>
    Object.entries(route.methods).map(([method, needed]) => ({ route, method: method as Method, needed, path: pathOf(route) })),
  );
}

function pathOf(route: Route): string {
  const reference = route.name === 'upload' ? 'some-id' : DIGEST;
  return route.pattern.replace('<name>', REPOSITORY).replace(/<(reference|digest|id)>/, reference);
}

function send(method: string, path: string, headers: Record<string, string> = {}) {
  return test.api.send({ method, path, headers: { 'content-length': '0', ...headers }, auth: 'none' });
}

describe('authorization of requests', () => {
  it.each(everyRequest())('$method $route.pattern asks for $needed before anything else', async ({ method, path, needed }) => {
    test.authorizer.asked.length = 0;
    test.authorizer.verdict = { kind: 'denied', message: 'no' };
    const response = await send(method, path);
    expect(response.status).toBe(403);
    const isGlobal = needed === 'ping' || needed === 'catalog';
    expect(test.authorizer.asked).toEqual([isGlobal ? { kind: needed } : { kind: 'repository', name: REPOSITORY, action: needed }]);
  });

  it.each(everyRequest())('$method $route.pattern passes the challenge on with its 401 (every token client)', async ({ method, path }) => {
    test.authorizer.verdict = { kind: 'challenge', challenge: CHALLENGE, message: 'authentication required' };
    const response = await send(method, path);
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toBe(CHALLENGE);
    expect(response.headers['docker-distribution-api-version']).toBe('registry/2.0');
    expect(response.headers['content-type']).toBe('application/json');
    if (method === 'HEAD') expect(response.body.length).toBe(0);
    else expect(codesOf(response)).toEqual(['UNAUTHORIZED']);
  });

  it('a denial is 403 DENIED, and the same for what is there and what is not', async () => {
    await pushImage(test.api, { repository: REPOSITORY, text: 'private', tag: 'v1' });
    test.authorizer.may = () => false;
    const answers = await Promise.all(
      ['v1', 'v2'].map((tag) => test.api.send({ method: 'GET', path: `/v2/${REPOSITORY}/manifests/${tag}`, auth: 'basic' })),
    );
    expect(answers.map((answer) => answer.status)).toEqual([403, 403]);
    expect(answers[0]?.body).toEqual(answers[1]?.body);
    expect(answers.flatMap((answer) => codesOf(answer))).toEqual(['DENIED', 'DENIED']);
  });

  it('too many failed logins are 429 with Retry-After', async () => {
    test.authorizer.verdict = { kind: 'throttled', retryAfterSeconds: 30, message: 'later' };
    const response = await send('GET', '/v2/');
    expect(response.status).toBe(429);
    expect(response.headers['retry-after']).toBe('30');
    expect(codesOf(response)).toEqual(['TOOMANYREQUESTS']);
  });

  it('HEAD of an absent blob is 404 for who may pull and 403 for who may not', async () => {
    expect((await test.api.headBlob(REPOSITORY, DIGEST)).status).toBe(404);
    test.authorizer.may = () => false;
    expect((await test.api.send({ method: 'HEAD', path: `/v2/${REPOSITORY}/blobs/${DIGEST}`, auth: 'basic' })).status).toBe(403);
  });

  it('rights count at the start of a request alone: a PATCH under way goes on when they end (long docker pushes)', async () => {
    const location = new URL(await startUpload(test.api, REPOSITORY));
    await using connection = await openRawConnection(test.port);
    const path = location.pathname + location.search;
    test.authorizer.asked.length = 0;
    await connection.write(headOf({ method: 'PATCH', path, headers: { 'Content-Length': '10' } }));
    await connection.write('12345');
    await expect.poll(() => test.authorizer.asked.length, PATIENCE).toBe(1);
    await test.api.send({ method: 'GET', path: location.href });
    test.authorizer.may = () => false;
    await connection.write('67890');
    expect(await connection.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 202 /);
  });

  it('a refusal with Expect: 100-continue comes before the body', async () => {
    test.authorizer.may = () => false;
    await using connection = await openRawConnection(test.port);
    const path = `/v2/${REPOSITORY}/blobs/uploads/?digest=${DIGEST}`;
    await connection.write(headOf({ method: 'POST', path, headers: { 'Content-Length': '1000000', Expect: '100-continue' } }));
    expect(await connection.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('what was done is told to the caller of handle(), for logs and metrics', async () => {
    await pushBlob(test.api, REPOSITORY, blob('logged'));
    expect(test.handled.at(-1)).toEqual({ route: 'upload', repository: REPOSITORY, account: 'ann', code: undefined });
    await test.api.headBlob(REPOSITORY, DIGEST);
    expect(test.handled.at(-1)).toEqual({ route: 'blob', repository: REPOSITORY, account: 'ann', code: 'BLOB_UNKNOWN' });
    await send('GET', '/v2/x');
    expect(test.handled.at(-1)).toEqual({ route: 'none', repository: undefined, account: undefined, code: 'NAME_UNKNOWN' });
  });
});

describe('paths and methods', () => {
  it.each(['GET', 'HEAD'])('%s /v2/ and /v2 answer 200 to who is known (docker login)', async (method) => {
    for (const path of ['/v2/', '/v2']) {
      const response = await test.api.send({ method, path });
      expect(response.status).toBe(200);
      expect(response.headers['docker-distribution-api-version']).toBe('registry/2.0');
    }
  });

  it('an unsupported method is 405 UNSUPPORTED with Allow', async () => {
    const response = await send('POST', `/v2/${REPOSITORY}/manifests/v1`);
    expect(response.status).toBe(405);
    expect(response.headers['allow']).toBe('GET, HEAD, PUT, DELETE');
    expect(codesOf(response)).toEqual(['UNSUPPORTED']);
  });

  it('an unknown path is 404 with the version header, and the connection stays open', async () => {
    const response = await send('GET', '/v2/team/app/nothing/here');
    expect(response.status).toBe(404);
    expect(response.headers['docker-distribution-api-version']).toBe('registry/2.0');
    expect(response.headers.connection).not.toBe('close');
  });

  it('a path with an escaped colon names a digest', async () => {
    const { layer, digest } = await pushImage(test.api, { repository: REPOSITORY, text: 'escaped', tag: 'v1' });
    expect((await test.api.headBlob(REPOSITORY, layer.descriptor.digest.replace(':', '%3A'))).status).toBe(200);
    expect((await test.api.headManifest(REPOSITORY, digest.replace(':', '%3A'))).status).toBe(200);
  });

  it('a manifest that a name of the API is made of is found under every method', async () => {
    await pushImage(test.api, { repository: 'tags/list', text: 'words', tag: 'list' });
    const image = imageOf({ annotations: { again: 'yes' } });
    expect((await test.api.putManifest('manifests', 'manifests', image)).status).toBe(400);
    const path = '/v2/tags/list/manifests/list';
    expect((await test.api.send({ method: 'GET', path })).headers['content-type']).toBe(TYPES.image);
  });
});
