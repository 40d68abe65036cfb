import { pushBlob } from '@slipway/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blob, codesOf, digestOf, EMPTY_JSON, imageOf, indexOf, pushImage, TYPES } from '../testing/manifest-fixtures.ts';
import { openTestRegistry, type TestRegistry } from '../testing/open-test-registry.ts';

let test: TestRegistry;
let repository: string;
let repositories = 0;

beforeAll(async () => {
  test = await openTestRegistry();
});

beforeEach(async () => {
  repositories += 1;
  repository = `team/manifests-${repositories}`;
  await pushBlob(test.api, repository, EMPTY_JSON);
});

afterAll(async () => {
  await test[Symbol.asyncDispose]();
});

function put(reference: string, body: string | Uint8Array, contentType?: string, query = '') {
  return test.api.send({
    method: 'PUT',
    path: `/v2/${repository}/manifests/${reference}${query}`,
    headers: contentType === undefined ? {} : { 'content-type': contentType },
    body,
  });
}

describe('GET and HEAD a manifest', () => {
  it('GET and HEAD answer the exact type, length and digest (moby: missing Content-Length; containerd: size must be greater than zero)', async () => {
    const { image, digest } = await pushImage(test.api, { repository, text: 'types', tag: 'v1' });
    for (const reference of ['v1', digest]) {
      for (const response of [await test.api.getManifest(repository, reference), await test.api.headManifest(repository, reference)]) {
        expect(response.status).toBe(200);
        expect(response.headers).toMatchObject({
          'content-type': TYPES.image,
          'content-length': String(image.bytes.length),
          'docker-content-digest': digest,
          etag: `"${digest}"`,
          'docker-distribution-api-version': 'registry/2.0',
        });
      }
    }
  });

  it.each([undefined, 'application/json', TYPES.dockerIndex, `${TYPES.image}, */*`, 'text/html;q=0.1'])(
    'GET serves the stored type and bytes whatever Accept says: %s (containerd, old docker)',
    async (accept) => {
      const { image } = await pushImage(test.api, { repository, text: 'accept', tag: 'v1' });
      const headers = accept === undefined ? {} : { accept };
      const response = await test.api.send({ method: 'GET', path: `/v2/${repository}/manifests/v1`, headers });
      expect(response.headers['content-type']).toBe(TYPES.image);
      expect(response.body).toEqual(image.bytes);
    },
  );

  it('GET keeps the bytes exactly and never compresses (docker and containerd check the digest)', async () => {
    const odd = Buffer.from(
      `{ "schemaVersion":2,\n\t"mediaType": "${TYPES.image}", "config":${JSON.stringify(EMPTY_JSON.descriptor)}, "layers" : [ ] }\n\n`,
    );
    expect((await put('odd', odd, TYPES.image)).status).toBe(201);
    const response = await test.api.send({
      method: 'GET',
      path: `/v2/${repository}/manifests/odd`,
      headers: { 'accept-encoding': 'gzip, zstd, deflate' },
    });
    expect(response.body).toEqual(odd);
    expect(response.headers['content-encoding']).toBeUndefined();
    expect(response.headers['transfer-encoding']).toBeUndefined();
  });

  it.each(['GET', 'HEAD'])('%s with If-None-Match answers 304', async (method) => {
    const { digest } = await pushImage(test.api, { repository, text: 'etag', tag: 'v1' });
    const path = `/v2/${repository}/manifests/v1`;
    const same = await test.api.send({ method, path, headers: { 'if-none-match': `"${digest}"` } });
    expect(same).toMatchObject({ status: 304, headers: { etag: `"${digest}"`, 'docker-content-digest': digest } });
    expect((await test.api.send({ method, path, headers: { 'if-none-match': '"x"' } })).status).toBe(200);
  });

  it('GET and HEAD of an absent tag, digest or repository answer 404 MANIFEST_UNKNOWN', async () => {
    for (const [name, reference] of [
      [repository, 'absent'],
      [repository, digestOf('absent')],
      ['team/none', 'latest'],
    ] as const) {
      const response = await test.api.getManifest(name, reference);
      expect(response.status).toBe(404);
      expect(codesOf(response)).toEqual(['MANIFEST_UNKNOWN']);
      const head = await test.api.headManifest(name, reference);
      expect(head.status).toBe(404);
      expect(head.body.length).toBe(0);
    }
  });

  it('GET takes the ns parameter of mirrors (kubelet, containerd)', async () => {
    await pushImage(test.api, { repository, text: 'mirror', tag: 'v1' });
    expect((await test.api.send({ method: 'GET', path: `/v2/${repository}/manifests/v1?ns=docker.io` })).status).toBe(200);
  });

  it.each([
    ['sha256:abc', 'DIGEST_INVALID'],
    [`md5:${'0'.repeat(32)}`, 'DIGEST_INVALID'],
    ['-dash', 'TAG_INVALID'],
    ['a'.repeat(129), 'TAG_INVALID'],
  ])('GET and PUT of reference "%s" answer 400 %s', async (reference, code) => {
    expect((await test.api.getManifest(repository, reference)).status).toBe(400);
    const response = await put(reference, imageOf().bytes, TYPES.image);
    expect(response.status).toBe(400);
    expect(codesOf(response)).toEqual([code]);
  });
});

describe('PUT a manifest', () => {
  it('PUT answers 201 with Location and digest', async () => {
    const image = imageOf();
    const response = await put('v1', image.bytes, TYPES.image);
    expect(response.status).toBe(201);
    expect(response.headers).toMatchObject({
      location: `/v2/${repository}/manifests/${image.descriptor.digest}`,
      'docker-content-digest': image.descriptor.digest,
      'content-length': '0',
    });
    expect(response.headers['oci-subject']).toBeUndefined();
    expect(response.headers['oci-tag']).toBeUndefined();
  });

  it('PUT under a digest of other bytes answers DIGEST_INVALID (conformance)', async () => {
    for (const reference of [digestOf('other'), digestOf('other', 'sha512')]) {
      const response = await put(reference, imageOf().bytes, TYPES.image);
      expect(response.status).toBe(400);
      expect(codesOf(response)).toEqual(['DIGEST_INVALID']);
    }
  });

  it('PUT stores under sha512 and finds it there', async () => {
    const image = imageOf({ annotations: { long: 'digest' } });
    const digest = digestOf(image.bytes, 'sha512');
    const response = await put(digest, image.bytes, TYPES.image);
    expect(response).toMatchObject({ status: 201, headers: { 'docker-content-digest': digest } });
    expect((await test.api.getManifest(repository, digest)).body).toEqual(image.bytes);
  });

  it('PUT with missing blobs answers MANIFEST_BLOB_UNKNOWN with each of them, and stores nothing', async () => {
    const [a, b] = [blob('missing a').descriptor, blob('missing b').descriptor];
    const image = imageOf({ layers: [a, b] });
    const response = await put('v1', image.bytes, TYPES.image);
    expect(response.status).toBe(400);
    const { errors } = JSON.parse(response.body.toString()) as { errors: { code: string; detail: { digest: string } }[] };
    expect(errors.map((error) => [error.code, error.detail.digest])).toEqual([
      ['MANIFEST_BLOB_UNKNOWN', a.digest],
      ['MANIFEST_BLOB_UNKNOWN', b.digest],
    ]);
    expect((await test.api.headManifest(repository, 'v1')).status).toBe(404);
    expect((await test.api.headManifest(repository, image.descriptor.digest)).status).toBe(404);
  });

  it('PUT does not take a blob that only another repository has', async () => {
    const layer = blob('elsewhere');
    await pushBlob(test.api, 'team/elsewhere', layer);
    expect((await put('v1', imageOf({ layers: [layer.descriptor] }).bytes, TYPES.image)).status).toBe(400);
  });

  it('PUT of an index takes blobs as its children (BuildKit cache with image-manifest=false)', async () => {
    const layer = blob('cached layer', 'application/vnd.docker.image.rootfs.diff.tar.gzip');
    const config = blob('{"layers":[]}', 'application/vnd.buildkit.cacheconfig.v0');
    await pushBlob(test.api, repository, layer);
    await pushBlob(test.api, repository, config);
    const index = indexOf([layer.descriptor, config.descriptor]);
    expect((await put('cache', index.bytes, TYPES.index)).status).toBe(201);
  });

  it('PUT of an index with a missing child answers MANIFEST_BLOB_UNKNOWN (sparse indexes are off)', async () => {
    const response = await put('v1', indexOf([imageOf().descriptor]).bytes, TYPES.index);
    expect(response.status).toBe(400);
    expect(codesOf(response)).toEqual(['MANIFEST_BLOB_UNKNOWN']);
  });

  it('PUT takes nested and empty indexes', async () => {
    const { image } = await pushImage(test.api, { repository, text: 'nested' });
    const inner = indexOf([image.descriptor]);
    expect((await put(inner.descriptor.digest, inner.bytes, TYPES.index)).status).toBe(201);
    expect((await put('outer', indexOf([inner.descriptor]).bytes, TYPES.index)).status).toBe(201);
    expect((await put('empty', indexOf([]).bytes, TYPES.index)).status).toBe(201);
  });

  it.each([TYPES.dockerImage, TYPES.dockerIndex])('PUT keeps %s as it is (docker)', async (mediaType) => {
    const { image } = await pushImage(test.api, { repository, text: 'docker', tag: 'child' });
    const body =
      mediaType === TYPES.dockerImage
        ? imageOf({ mediaType })
        : blob(JSON.stringify({ schemaVersion: 2, mediaType, manifests: [image.descriptor] }));
    expect((await put('docker', body.bytes, mediaType)).status).toBe(201);
    expect((await test.api.getManifest(repository, 'docker')).headers['content-type']).toBe(mediaType);
  });

  it('PUT takes unknown types, custom fields, data and no layers (helm, oras, wasm)', async () => {
    const config = { ...EMPTY_JSON.descriptor, mediaType: 'application/vnd.cncf.helm.config.v1+json', data: 'e30=' };
    const image = imageOf({ config, 'org.example.custom': { deep: [1] }, artifactType: 'application/x.anything' });
    expect((await put('helm', image.bytes, TYPES.image)).status).toBe(201);
    expect((await test.api.getManifest(repository, 'helm')).body).toEqual(image.bytes);
  });

  it('PUT takes a non-distributable layer that is not there (Windows base images)', async () => {
    const foreign = {
      ...blob('windows').descriptor,
      mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
      urls: ['https://mcr.microsoft.com/layer'],
    };
    expect((await put('windows', imageOf({ layers: [foreign] }).bytes, TYPES.image)).status).toBe(201);
  });

  it('PUT without a Content-Type, or with a generic one, goes by mediaType (curl)', async () => {
    for (const contentType of [undefined, 'application/octet-stream', 'application/x-www-form-urlencoded']) {
      expect((await put('v1', imageOf().bytes, contentType)).status).toBe(201);
      expect((await test.api.headManifest(repository, 'v1')).headers['content-type']).toBe(TYPES.image);
    }
  });

  it.each([
    ['no JSON', '{', TYPES.image],
    ['no manifest', '[]', TYPES.image],
    ['another type than its own', imageOf().bytes, TYPES.index],
    ['an unknown type', imageOf({ mediaType: 'application/x' }).bytes, 'application/x'],
    ['schema 1', '{"schemaVersion":1}', 'application/vnd.docker.distribution.manifest.v1+prettyjws'],
    ['nothing', '', TYPES.image],
  ])('PUT of %s answers MANIFEST_INVALID', async (_what, body, contentType) => {
    const response = await put('v1', body, contentType);
    expect(response.status).toBe(400);
    expect(codesOf(response)).toEqual(['MANIFEST_INVALID']);
  });

  it('PUT moves a tag; the manifest it leaves stays readable by digest', async () => {
    const old = await pushImage(test.api, { repository, text: 'old', tag: 'latest' });
    const young = await pushImage(test.api, { repository, text: 'young', tag: 'latest' });
    expect((await test.api.headManifest(repository, 'latest')).headers['docker-content-digest']).toBe(young.digest);
    expect((await test.api.getManifest(repository, old.digest)).body).toEqual(old.image.bytes);
  });

  it('PUT under a digest with tags sets them all and answers OCI-Tag (distribution-spec 1.2)', async () => {
    const image = imageOf();
    const response = await put(image.descriptor.digest, image.bytes, TYPES.image, '?tag=a&tag=b&tag=a');
    expect(response.status).toBe(201);
    expect(response.headers['oci-tag']).toBe('a, b');
    expect(await test.api.listTags(repository)).toEqual(['a', 'b']);
  });

  it('PUT takes 100 tags and answers 414 to more', async () => {
    const image = imageOf();
    const tags = (count: number) => `?${Array.from({ length: count }, (_, at) => `tag=t${at}`).join('&')}`;
    expect((await put(image.descriptor.digest, image.bytes, TYPES.image, tags(100))).status).toBe(201);
    expect((await put(image.descriptor.digest, image.bytes, TYPES.image, tags(101))).status).toBe(414);
    expect((await test.api.listTags(repository)).length).toBe(100);
  });

  it('PUT refuses a tag parameter that is no tag, and stores nothing', async () => {
    const image = imageOf({ annotations: { bad: 'tag' } });
    const response = await put(image.descriptor.digest, image.bytes, TYPES.image, '?tag=-x');
    expect(response.status).toBe(400);
    expect(codesOf(response)).toEqual(['TAG_INVALID']);
    expect((await test.api.headManifest(repository, image.descriptor.digest)).status).toBe(404);
  });

  it('PUT of the same manifest by many at once answers 201 to all', async () => {
    const image = imageOf();
    const answers = await Promise.all(Array.from({ length: 10 }, (_, at) => put(`t${at % 3}`, image.bytes, TYPES.image)));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([201]));
    expect(await test.api.listTags(repository)).toEqual(['t0', 't1', 't2']);
  });

  it('readers never miss a tag while it moves', async () => {
    const images = [imageOf({ annotations: { n: '0' } }), imageOf({ annotations: { n: '1' } })] as const;
    await put('moving', images[0].bytes, TYPES.image);
    const moved = new AbortController();
    const reading = (async () => {
      const statuses = new Set<number>();
      while (!moved.signal.aborted) {
        const response = await test.api.getManifest(repository, 'moving');
        statuses.add(response.status);
        expect(digestOf(response.body)).toBe(response.headers['docker-content-digest']);
      }
      return statuses;
    })();
    for (let round = 1; round <= 20; round += 1) await put('moving', images[round % 2 === 0 ? 0 : 1].bytes, TYPES.image);
    moved.abort();
    expect(await reading).toEqual(new Set([200]));
  });
});

describe('DELETE a manifest', () => {
  it('DELETE of a tag answers 202, takes the tag at once and leaves the manifest', async () => {
    const { digest } = await pushImage(test.api, { repository, text: 'tagged', tag: 'v1' });
    expect((await test.api.deleteManifest(repository, 'v1')).status).toBe(202);
    expect((await test.api.headManifest(repository, 'v1')).status).toBe(404);
    expect(await test.api.listTags(repository)).toEqual([]);
    expect((await test.api.headManifest(repository, digest)).status).toBe(200);
    expect((await test.api.deleteManifest(repository, 'v1')).status).toBe(404);
  });

  it('DELETE of a digest answers 202 and takes the manifest with its tags at once (conformance atomic)', async () => {
    const { digest } = await pushImage(test.api, { repository, text: 'whole', tag: 'v1' });
    expect((await test.api.deleteManifest(repository, digest)).status).toBe(202);
    expect((await test.api.headManifest(repository, digest)).status).toBe(404);
    expect((await test.api.headManifest(repository, 'v1')).status).toBe(404);
    expect(await test.api.listTags(repository)).toEqual([]);
    const again = await test.api.deleteManifest(repository, digest);
    expect(again.status).toBe(404);
    expect(codesOf(again)).toEqual(['MANIFEST_UNKNOWN']);
  });

  it('DELETE in one repository leaves the same manifest in another', async () => {
    const { digest, image } = await pushImage(test.api, { repository, text: 'shared', tag: 'v1' });
    await pushImage(test.api, { repository: 'team/shared', text: 'shared', tag: 'v1' });
    await test.api.deleteManifest(repository, digest);
    expect((await test.api.getManifest('team/shared', 'v1')).body).toEqual(image.bytes);
  });
});
