import { type LogFields, silentLogger } from '@slipway/base';
import { parseDigest, parseRepositoryName, parseTagName } from '@slipway/oci';
import { blobOf, buildImage, randomBlob } from '@slipway/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseMirrors } from '../names/mirrors.ts';
import { type FakeRegistry, firstTimes, refuse, startFakeRegistry, type TestClient, testClient } from '../testing/fake-registry.ts';
import { descriptorOf } from '../testing/fixture-source.ts';
import type { Repository } from './repository.ts';

const latest = parseTagName('latest');
const image = buildImage({ layers: [randomBlob(100, 1)] });
const { digest } = descriptorOf(image.manifest);
let registry: FakeRegistry;
let user: TestClient;
let repository: Repository;

beforeEach(async () => {
  registry = await startFakeRegistry();
  for (const name of ['latest', digest]) {
    registry.manifests.set(name, { bytes: image.manifest.bytes, mediaType: image.manifest.descriptor.mediaType });
  }
  user = testClient();
  repository = user.repository(registry);
});

afterEach(async () => {
  user[Symbol.dispose]();
  await registry[Symbol.asyncDispose]();
});

describe('resolve()', () => {
  test('asks with HEAD alone', async () => {
    expect(await repository.resolve(latest)).toEqual(descriptorOf(image.manifest));
    expect(registry.log).toEqual(['GET /v2/', 'HEAD /v2/team/app/manifests/latest']);
  });

  test.each([
    ['answers 405', (status: number) => status, 405],
    ['answers 404', (status: number) => status, 404],
    ['says no digest', () => 200, 200],
  ])('asks with GET where HEAD %s', async (_, statusOf, status) => {
    registry.rules.push((request, response) => {
      if (request.method === 'HEAD') response.writeHead(statusOf(status), { 'content-length': '5', 'content-type': 'text/html' }).end();
      return request.method === 'HEAD';
    });
    expect(await repository.resolve(latest)).toEqual(descriptorOf(image.manifest));
  });
});

describe('readManifest()', () => {
  test('refuses content of another digest than asked for, or than the registry says', async () => {
    const other = blobOf(Buffer.from('{}'));
    registry.rules.push((request, response) => {
      if (!request.url?.includes('/manifests/')) return false;
      response.writeHead(200, { 'docker-content-digest': digest, 'content-type': 'application/vnd.oci.image.manifest.v1+json' });
      response.end(other.bytes);
      return true;
    });
    for (const name of [digest, latest]) await expect(repository.readManifest(name)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  });

  test('reads no more than a manifest may have', async () => {
    using frugal = testClient({ limits: { maxManifestBytes: 100 } });
    await expect(frugal.repository(registry).readManifest(latest)).rejects.toMatchObject({ code: 'MANIFEST_TOO_LARGE' });
  });

  test('names sha512 digests as such', async () => {
    const long = parseDigest(`sha512:${'0'.repeat(128)}`);
    registry.manifests.set(long, { bytes: image.manifest.bytes, mediaType: 'application/json' });
    await expect(repository.readManifest(long)).rejects.toThrow(/its manifest is sha512:/);
  });

  test('repeats what a registry says in an error, and no more than that', async () => {
    registry.rules.push((request, response) => {
      if (!request.url?.includes('/manifests/')) return false;
      response.writeHead(400, { 'content-type': 'text/html' }).end(`<html>${'x'.repeat(200_000)}`);
      return true;
    });
    await expect(repository.readManifest(latest)).rejects.toMatchObject({
      code: 'REQUEST_REFUSED',
      message: `Cannot pull "${registry.host}/team/app:latest": the registry answered 400`,
    });
  });
});

describe('listTags()', () => {
  test('follows the pages, and no link to another host or back', async () => {
    const pages: Record<string, readonly [readonly string[] | null, string]> = {
      '/v2/team/app/tags/list?n=1000': [['a', 'b'], '</v2/team/app/tags/list?last=b>; rel="next"'],
      '/v2/team/app/tags/list?last=b': [['c', 'not a tag'], `<http://${registry.host}/v2/team/app/tags/list?last=c>; rel="next"`],
      '/v2/team/app/tags/list?last=c': [null, '</v2/team/app/tags/list?last=b>; rel="next"'],
    };
    registry.rules.push((request, response) => {
      const page = pages[request.url ?? ''];
      if (page === undefined) return false;
      response.writeHead(200, { link: page[1] }).end(JSON.stringify({ name: 'team/app', tags: page[0] }));
      return true;
    });
    const tags: string[] = [];
    for await (const tag of repository.listTags()) tags.push(tag);
    expect(tags).toEqual(['a', 'b', 'c']);
  });
});

describe('listReferrers()', () => {
  const signature = buildImage({
    layers: [randomBlob(10, 2)],
    artifactType: 'application/x.signature',
    subject: image.manifest.descriptor,
  });
  const content = { ...descriptorOf(signature.manifest), bytes: signature.manifest.bytes };

  test('reads the referrers tag that pushManifest() keeps, where there is no API', async () => {
    expect(await repository.listReferrers(digest)).toEqual([]);
    await repository.pushManifest(content);
    await repository.pushManifest(content);
    const found = [{ ...descriptorOf(signature.manifest), artifactType: 'application/x.signature' }];
    expect(await repository.listReferrers(digest)).toEqual(found);
    expect(await repository.listReferrers(digest, { artifactType: 'application/x.other' })).toEqual([]);
    expect(registry.manifests.has(digest.replace(':', '-'))).toBe(true);
  });

  test('filters itself where the API does not', async () => {
    const manifests = ['a', 'b'].map((type) => ({ ...descriptorOf(signature.manifest), artifactType: type }));
    registry.rules.push((request, response) => {
      if (!request.url?.includes('/referrers/')) return false;
      response.writeHead(200, { 'content-type': 'application/vnd.oci.image.index.v1+json' });
      response.end(JSON.stringify({ schemaVersion: 2, manifests }));
      return true;
    });
    expect(await repository.listReferrers(digest, { artifactType: 'b' })).toEqual([manifests[1]]);
  });

  test('leaves the tag alone where the registry took note of the subject', async () => {
    registry.rules.push((request, response) => {
      if (request.method === 'PUT') response.setHeader('oci-subject', digest);
      return false;
    });
    expect(await repository.pushManifest(content)).toEqual({ digest: content.digest, isSubjectKnown: true });
    expect(registry.manifests.has(digest.replace(':', '-'))).toBe(false);
  });
});

describe('Repository', () => {
  test('asks the mirrors in turn, under their prefix and with ns', async () => {
    await using empty = await startFakeRegistry();
    await using broken = await startFakeRegistry();
    broken.rules.push((_, response) => refuse(response, 503, 'UNAVAILABLE'));
    const mirrors = parseMirrors(JSON.stringify({ 'gcr.io': [`${empty.host}/cache`, broken.host, `${registry.host}/gcr.io`] }));
    using mirrored = testClient({ endpoints: { mirrors } });
    const app = mirrored.client.repository({ registry: 'gcr.io', repository: parseRepositoryName('team/app') });
    expect((await app.resolve(latest)).digest).toBe(digest);
    expect(empty.log).toContain('HEAD /v2/cache/team/app/manifests/latest?ns=gcr.io');
    expect(registry.log).toContain('HEAD /v2/gcr.io/team/app/manifests/latest?ns=gcr.io');
    await expect(app.resolve(parseTagName('gone'))).rejects.toThrow('manifest for gcr.io/team/app:gone not found: manifest unknown');
  });

  test('finds the names of docker.io on the host that serves them, and calls them as docker does', async () => {
    using served = testClient({ endpoints: { dockerHubHost: registry.host } });
    const nginx = served.client.repository({ registry: 'docker.io', repository: parseRepositoryName('library/nginx') });
    expect((await nginx.resolve(latest)).digest).toBe(digest);
    expect(registry.log).toContain('HEAD /v2/library/nginx/manifests/latest');
    await expect(nginx.resolve(parseTagName('gone'))).rejects.toThrow(/^manifest for nginx:gone not found/);
    expect(served.client.credentialNameOf('docker.io')).toBe(registry.host);
  });

  test('passes a registry’s warnings on, each once', async () => {
    const warnings: unknown[] = [];
    const logger = { ...silentLogger, warn: (_: string, fields?: LogFields) => warnings.push(fields) };
    using warned = testClient({ logger });
    registry.rules.push((_, response) => {
      response.setHeader('warning', '299 - "say \\"bye\\" to v1"');
      return false;
    });
    await warned.repository(registry).resolve(latest);
    await warned.repository(registry).resolve(latest);
    expect(warnings).toEqual([{ registry: registry.host, text: 'say "bye" to v1' }]);
  });

  test('finds out again how a registry speaks after it was away', async () => {
    registry.rules.push(firstTimes(2, /^GET \/v2\/$/, (_, response) => refuse(response, 502, 'UNAVAILABLE')));
    expect((await repository.resolve(latest)).digest).toBe(digest);
    expect(user.clock.sleeps).toEqual([250, 500]);
  });
});
