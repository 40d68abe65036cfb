import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { parseDescriptor, parseRepositoryName, parseTagName } from '@slipway/oci';
import { blobOf } from '@slipway/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Credential } from '../credentials/credential.ts';
import { type FakeRegistry, refuse, startFakeRegistry, type TestClient, testClient } from '../testing/fake-registry.ts';

const latest = parseTagName('latest');
const manifest = blobOf(Buffer.from('{"schemaVersion":2}'), 'application/vnd.oci.image.index.v1+json');
const ann: Credential = { kind: 'password', username: 'ann', password: 'secret' };
let registry: FakeRegistry;
/** Query or form of each token request. */
let asked: string[];
/** Tokens the registry takes, and for which scopes. */
let valid: Map<string, string>;

beforeEach(async () => {
  registry = await startFakeRegistry();
  registry.manifests.set('latest', { bytes: manifest.bytes, mediaType: manifest.descriptor.mediaType });
  asked = [];
  valid = new Map();
  registry.rules.push(async (request, response) => await serveToken(request, response), requireToken);
});

afterEach(async () => await registry[Symbol.asyncDispose]());

async function serveToken(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  if (request.url?.startsWith('/token') !== true) return false;
  const parameters = request.method === 'POST' ? new URLSearchParams(await text(request)) : new URL(request.url, 'http://x').searchParams;
  asked.push(`${request.method} ${parameters.toString()}`);
  const { authorization } = request.headers;
  if (authorization !== undefined && authorization !== `Basic ${Buffer.from('ann:secret').toString('base64')}`)
    return refuse(response, 401, 'UNAUTHORIZED');
  if (parameters.get('grant_type') === 'refresh_token' && parameters.get('refresh_token') !== 'identity')
    return refuse(response, 401, 'UNAUTHORIZED');
  const token = `token-${asked.length}`;
  valid.set(token, parameters.getAll('scope').join(' '));
  response.end(JSON.stringify({ token, expires_in: 100 }));
  return true;
}

function requireToken(request: IncomingMessage, response: ServerResponse): boolean {
  const scopes = valid.get(/^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1] ?? '');
  const needed = request.method === 'PUT' ? 'push' : 'pull';
  if (scopes?.includes(needed) === true) return false;
  const error = scopes === undefined ? '' : ',error="insufficient_scope"';
  const scope = request.url === '/v2/' ? '' : `,scope="repository:team/app:${needed}"`;
  const challenge = `Bearer realm="http://${registry.host}/token",service="test"${scope}${error}`;
  return refuse(response, 401, { code: 'UNAUTHORIZED', headers: { 'www-authenticate': challenge } });
}

function clientWith(credential?: Credential): TestClient {
  return testClient({ credentials: { find: async () => credential } });
}

describe('HostAuth', () => {
  test('gets an anonymous token without credentials', async () => {
    using user = clientWith();
    expect((await user.repository(registry).resolve(latest)).size).toBe(manifest.bytes.length);
    expect(asked).toEqual(['GET service=test&scope=repository%3Ateam%2Fapp%3Apull&client_id=slipway']);
  });

  test('asks once for requests at the same time, and keeps the token', async () => {
    using user = clientWith(ann);
    const repository = user.repository(registry);
    await Promise.all(Array.from({ length: 10 }, async () => await repository.resolve(latest)));
    await repository.resolve(latest);
    expect(asked).toEqual(['GET service=test&scope=repository%3Ateam%2Fapp%3Apull&account=ann&client_id=slipway']);
    expect(registry.log.filter((line) => line === 'GET /v2/')).toHaveLength(1);
  });

  test('asks again when nine tenths of a token’s life are over', async () => {
    using user = clientWith(ann);
    await user.repository(registry).resolve(latest);
    user.clock.pass(89_000);
    await user.repository(registry).resolve(latest);
    expect(asked).toHaveLength(1);
    user.clock.pass(2000);
    await user.repository(registry).resolve(latest);
    expect(asked).toHaveLength(2);
  });

  test('replaces a token that the registry refuses before its time', async () => {
    using user = clientWith(ann);
    await user.repository(registry).resolve(latest);
    valid.clear();
    await user.repository(registry).resolve(latest);
    expect(asked).toHaveLength(2);
  });

  test('goes on with a new token when the old one ends during an upload', async () => {
    using user = clientWith(ann);
    const blob = blobOf(Buffer.from('content'));
    registry.rules.push((request) => {
      if (request.method === 'PATCH') request.once('end', () => valid.clear());
      return false;
    });
    const descriptor = parseDescriptor(blob.descriptor, 'test');
    await user.repository(registry).pushBlob(descriptor, () => Readable.from([blob.bytes], { objectMode: false }));
    expect(registry.blobs.get(descriptor.digest)?.equals(blob.bytes)).toBe(true);
    expect(asked).toHaveLength(2);
    expect(registry.log.filter((line) => line.startsWith('PATCH'))).toHaveLength(1);
  });

  test('asks for a token of its own for each repository', async () => {
    using user = clientWith(ann);
    await user.repository(registry, 'team/app').resolve(latest);
    await user.repository(registry, 'team/web').resolve(latest);
    expect(asked.map((query) => new URLSearchParams(query.slice(4)).get('scope'))).toEqual([
      'repository:team/app:pull',
      'repository:team/web:pull',
    ]);
  });

  test('takes a push token for reading', async () => {
    using user = clientWith(ann);
    const content = {
      bytes: manifest.bytes,
      mediaType: manifest.descriptor.mediaType,
      digest: (await user.repository(registry).resolve(latest)).digest,
    };
    await user
      .repository(registry)
      .pushManifest({ ...content, bytes: Buffer.from('{"schemaVersion":2,"manifests":[]}') })
      .catch(() => undefined);
    await user.repository(registry).resolve(latest);
    expect(asked.map((query) => new URLSearchParams(query.slice(4)).get('scope'))).toEqual([
      'repository:team/app:pull',
      'repository:team/app:pull,push',
    ]);
  });

  test('posts an identity token', async () => {
    using user = clientWith({ kind: 'identity-token', username: 'ann', identityToken: 'identity' });
    await user.repository(registry).resolve(latest);
    expect(asked).toEqual([
      'POST client_id=slipway&service=test&scope=repository%3Ateam%2Fapp%3Apull&grant_type=refresh_token&refresh_token=identity',
    ]);
  });

  test('posts a password where the token service has no GET', async () => {
    registry.rules.unshift(
      (request, response) => request.method === 'GET' && request.url?.startsWith('/token') === true && refuse(response, 405, 'UNSUPPORTED'),
    );
    using user = clientWith(ann);
    await user.repository(registry).resolve(latest);
    expect(asked).toEqual([expect.stringContaining('grant_type=password&username=ann&password=secret')]);
  });

  test('fails in docker’s words for wrong credentials', async () => {
    using user = clientWith({ ...ann, password: 'guess' });
    await expect(user.repository(registry).resolve(latest)).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      message: 'unauthorized: incorrect username or password',
    });
    expect(asked).toHaveLength(1);
  });

  test('speaks Basic, and fails in docker’s words for wrong credentials and for none', async () => {
    const right = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
    const headers = { 'www-authenticate': 'Basic realm="registry"' };
    registry.rules.splice(0, 2, ({ headers: sent }, response) => {
      return sent.authorization !== right && refuse(response, 401, { code: 'UNAUTHORIZED', headers });
    });
    using known = clientWith(ann);
    expect((await known.repository(registry).resolve(latest)).size).toBe(manifest.bytes.length);
    using wrong = clientWith({ ...ann, password: 'guess' });
    await expect(wrong.repository(registry).resolve(latest)).rejects.toThrow('unauthorized: incorrect username or password');
    using nobody = clientWith();
    await expect(nobody.repository(registry).resolve(latest)).rejects.toThrow(/^pull access denied for .*may require 'docker login'/);
    await expect(nobody.client.login(registry.host, { username: 'ann', password: 'guess' })).rejects.toThrow(
      'unauthorized: incorrect username or password',
    );
    expect(await nobody.client.login(registry.host, { username: 'ann', password: 'secret' })).toEqual(ann);
  });

  test('asks once more with what the challenge wants, then says that access is denied', async () => {
    using user = clientWith(ann);
    registry.rules.splice(1, 1, (_, response) =>
      refuse(response, 401, {
        code: 'UNAUTHORIZED',
        headers: {
          'www-authenticate': `Bearer realm="http://${registry.host}/token",service="test",scope="repository:team/app:pull repository:other:pull",error="insufficient_scope"`,
        },
      }),
    );
    await expect(user.repository(registry).resolve(latest)).rejects.toMatchObject({
      code: 'DENIED',
      message: `pull access denied for ${registry.host}/team/app, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
    });
    expect(asked.map((query) => new URLSearchParams(query.slice(4)).getAll('scope'))).toEqual([
      ['repository:team/app:pull'],
      ['repository:other:pull', 'repository:team/app:pull'],
    ]);
  });

  test('sends a registry token as it is', async () => {
    valid.set('given', 'pull');
    using user = clientWith({ kind: 'registry-token', registryToken: 'given' });
    await user.repository(registry).resolve(latest);
    expect(asked).toEqual([]);
  });

  test('does not give up for all when the one who began gives up', async () => {
    using user = clientWith(ann);
    const repository = user.repository(registry);
    const abort = new AbortController();
    registry.rules.unshift((request) => {
      if (request.url?.startsWith('/token') === true) abort.abort(new Error('enough'));
      return false;
    });
    const first = repository.resolve(latest, { signal: abort.signal });
    const second = user.client.repository({ registry: registry.host, repository: parseRepositoryName('team/app') }).resolve(latest);
    await expect(first).rejects.toThrow('enough');
    expect((await second).size).toBe(manifest.bytes.length);
    expect(asked).toHaveLength(1);
  });
});
