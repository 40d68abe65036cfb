import { pushBlob } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codesOf, EMPTY_JSON, imageOf, pushImage, TYPES } from '../testing/manifest-fixtures.ts';
import { openTestRegistry, type TestRegistry } from '../testing/open-test-registry.ts';

const REPOSITORY = 'team/lists';
const TAGS = ['0', 'A', 'Z', '_x', 'a', 'a.b', 'v1', 'v10', 'v2'];

/** Legal names made of the words of the API. */
const AWKWARD = ['admin/tags', 'admin/blobs', 'a/tags/list', 'a/manifests/b', 'x/blobs/uploads', 'a__b/c--d/e.f'];

let test: TestRegistry;

beforeAll(async () => {
  test = await openTestRegistry();
  await pushBlob(test.api, REPOSITORY, EMPTY_JSON);
  const image = imageOf();
  const query = TAGS.toReversed()
    .map((tag) => `tag=${tag}`)
    .join('&');
  const path = `/v2/${REPOSITORY}/manifests/${image.descriptor.digest}?${query}`;
  await test.api.send({ method: 'PUT', path, headers: { 'content-type': TYPES.image }, body: image.bytes });
});

afterAll(async () => {
  await test[Symbol.asyncDispose]();
});

async function list(path: string) {
  const response = await test.api.send({ method: 'GET', path, headers: { 'accept-encoding': 'gzip' } });
  expect(response.status).toBe(200);
  expect(response.headers['content-type']).toBe('application/json');
  expect(response.headers['content-encoding']).toBeUndefined();
  expect(response.headers['docker-distribution-api-version']).toBe('registry/2.0');
  const link = response.headers.link;
  return { link: Array.isArray(link) ? link[0] : link, body: JSON.parse(response.body.toString()) as Record<string, unknown> };
}

describe('the list of tags', () => {
  it('GET tags lists them in ASCII order under the name of the repository', async () => {
    expect(await list(`/v2/${REPOSITORY}/tags/list`)).toEqual({ link: undefined, body: { name: REPOSITORY, tags: TAGS } });
  });

  it.each([1, 2, 4, 8, 9, 10])(
    'GET tags with n=%i gives every tag once over relative Links (crane and oras refuse another origin)',
    async (n) => {
      const seen: unknown[] = [];
      let path: string | undefined = `/v2/${REPOSITORY}/tags/list?n=${n}`;
      let pages = 0;
      while (path !== undefined) {
        const { body, link }: Awaited<ReturnType<typeof list>> = await list(path);
        seen.push(...(body['tags'] as string[]));
        pages += 1;
        path = link === undefined ? undefined : /^<(\/v2\/[^>]+)>; rel="next"$/.exec(link)?.[1];
        if (link !== undefined) expect(path).toBeDefined();
      }
      expect(seen).toEqual(TAGS);
      expect(pages).toBe(Math.ceil(TAGS.length / n));
    },
  );

  it('GET tags with n=0 gives an empty list and no Link', async () => {
    expect(await list(`/v2/${REPOSITORY}/tags/list?n=0`)).toEqual({ link: undefined, body: { name: REPOSITORY, tags: [] } });
  });

  it('GET tags with a last that does not exist goes on behind where it would be', async () => {
    expect((await list(`/v2/${REPOSITORY}/tags/list?last=v15`)).body['tags']).toEqual(['v2']);
    expect((await list(`/v2/${REPOSITORY}/tags/list?last=zzz`)).body['tags']).toEqual([]);
  });

  it('GET tags of a repository without tags is [], not null, and never lists digests (skopeo)', async () => {
    await pushImage(test.api, { repository: 'team/untagged', text: 'untagged' });
    expect((await list('/v2/team/untagged/tags/list')).body).toEqual({ name: 'team/untagged', tags: [] });
  });

  it('GET tags of an unknown repository answers 404 NAME_UNKNOWN', async () => {
    const response = await test.api.send({ method: 'GET', path: '/v2/team/none/tags/list' });
    expect(response.status).toBe(404);
    expect(codesOf(response)).toEqual(['NAME_UNKNOWN']);
  });

  it.each(['-1', 'x', '1.5'])('GET tags with n=%s answers 400', async (n) => {
    const response = await test.api.send({ method: 'GET', path: `/v2/${REPOSITORY}/tags/list?n=${n}` });
    expect(response.status).toBe(400);
    expect(codesOf(response)).toEqual(['PAGINATION_NUMBER_INVALID']);
  });
});

describe('awkward names', () => {
  it.each(AWKWARD)('push, pull, list and delete work in "%s"', async (name) => {
    const { digest, image, layer } = await pushImage(test.api, { repository: name, text: `in ${name}`, tag: 'v1' });
    expect((await test.api.getManifest(name, 'v1')).body).toEqual(image.bytes);
    expect((await test.api.getBlob(name, layer.descriptor.digest)).body).toEqual(layer.bytes);
    expect(await test.api.listTags(name)).toEqual(['v1']);
    expect((await test.api.listReferrers(name, digest)).status).toBe(200);
    expect((await test.api.deleteManifest(name, digest)).status).toBe(202);
  });

  it.each(['UPPER', 'a..b', 'a//b', '%00', 'a/%2e%2e%2fb', 'é'])('"%s" is refused as NAME_INVALID', async (name) => {
    const response = await test.api.send({ method: 'GET', path: `/v2/${name}/tags/list` });
    expect(response.status).toBe(400);
    expect(codesOf(response)).toEqual(['NAME_INVALID']);
  });
});

describe('the catalog', () => {
  it('GET _catalog lists what the caller may read and holds a manifest, page by page (podman search)', async () => {
    await using own = await openTestRegistry();
    for (const name of ['c', 'a', 'hidden', 'b']) await pushImage(own.api, { repository: name, text: name, tag: 'v1' });
    await pushBlob(own.api, 'only-a-blob', EMPTY_JSON);
    own.authorizer.may = (account, name) => account !== undefined && name !== 'hidden';
    const whole = await own.api.send({ method: 'GET', path: '/v2/_catalog' });
    expect(JSON.parse(whole.body.toString())).toEqual({ repositories: ['a', 'b', 'c'] });
    const first = await own.api.send({ method: 'GET', path: '/v2/_catalog?n=2' });
    expect(JSON.parse(first.body.toString())).toEqual({ repositories: ['a', 'b'] });
    expect(first.headers.link).toBe('</v2/_catalog?n=2&last=b>; rel="next"');
    const second = await own.api.send({ method: 'GET', path: '/v2/_catalog?n=2&last=b' });
    expect(JSON.parse(second.body.toString())).toEqual({ repositories: ['c'] });
    expect(second.headers.link).toBeUndefined();
    expect(JSON.parse((await own.api.send({ method: 'GET', path: '/v2/_catalog?n=0' })).body.toString())).toEqual({ repositories: [] });
  });
});

describe('the directory and statistics', () => {
  it('find() and list() tell repositories in the byte order of their names; statistics() counts bytes once', async () => {
    await using own = await openTestRegistry();
    const { layer, image } = await pushImage(own.api, { repository: 'one', text: 'same', tag: 'v1' });
    await pushImage(own.api, { repository: 'two', text: 'same', tag: 'v1' });
    const { directory } = own.registry;
    const all = await directory.list({ limit: 10 });
    expect(all.map((entry) => entry.name)).toEqual(['one', 'two']);
    expect((await directory.list({ after: 'one', limit: 10 })).map((entry) => entry.name)).toEqual(['two']);
    const [first] = all;
    expect(first && (await directory.find(first.name))).toEqual(first);
    expect(first?.createdAtMs).toBe(own.clock.now());
    const blobBytes = layer.bytes.length + EMPTY_JSON.bytes.length;
    expect(await own.registry.statistics()).toEqual({ repositories: 2, manifests: 2, tags: 2, blobs: 2, blobBytes });
    expect(image.bytes.length).toBeGreaterThan(0);
  });
});
