import { type Digest, parseReference } from '@slipway/oci';
import { buildImage, buildIndex, type FixtureImage } from '@slipway/testkit';
import { describe, expect, test } from 'vitest';
import { addTestImage, descriptorOf, openTestHome, putBlob, testImage } from './testing/open-test-home.ts';

const APP = parseReference('app');

describe('ImageStore.add()', () => {
  test('records everything that a list shows', async () => {
    await using at = await openTestHome();
    const options = { layers: ['base', 'top layer'], names: [APP, parseReference('localhost:5000/b:2')], hasIndex: true };
    const added = await addTestImage(at, options);
    const { image, index } = testImage(options);
    const target = descriptorOf(index).digest;
    expect(added).toEqual({
      id: image.config.descriptor.digest,
      configSize: image.config.bytes.length,
      platform: image.platform,
      createdAt: '2026-01-01T00:00:00Z',
      sizeBytes: 'base'.length + 'top layer'.length,
      layers: [
        { diffId: image.diffIds[0], chainId: image.diffIds[0] },
        { diffId: image.diffIds[1], chainId: expect.stringMatching(/^sha256:/) },
      ],
      manifests: [descriptorOf(image.manifest)],
      names: [
        { repository: 'docker.io/library/app', tag: 'latest', target },
        { repository: 'localhost:5000/b', tag: '2', target },
      ],
      digests: [],
    });
    expect(at.images.list()).toEqual([added]);
    expect(at.images.get(added.id)).toEqual(added);
    expect((await at.images.readConfig(added)).bytes.equals(image.config.bytes)).toBe(true);
    expect(at.images.layerBlobs(added.layers.map(({ diffId }) => diffId)).map(({ descriptor }) => descriptor)).toEqual(
      image.layers.map(descriptorOf),
    );
  });

  test('adds to what is known of an image', async () => {
    await using at = await openTestHome();
    await addTestImage(at, { layers: ['one'], names: [APP] });
    const again = await addTestImage(at, { layers: ['one'], names: [parseReference('other')], hasIndex: true });
    expect(again.names.map(({ repository }) => repository)).toEqual(['docker.io/library/app', 'docker.io/library/other']);
    expect(again.manifests).toHaveLength(1);
    expect(at.images.list()).toHaveLength(1);
  });

  test('leaves the image dangling that a name is taken from', async () => {
    await using at = await openTestHome();
    const first = await addTestImage(at, { layers: ['one'], names: [APP] });
    const second = await addTestImage(at, { layers: ['two'], names: [APP] });
    expect(at.images.get(first.id)?.names).toEqual([]);
    expect(at.images.find('app')?.id).toBe(second.id);
    expect(at.images.list()).toHaveLength(2);
  });

  test('keeps all that is there of an index, the other platforms and nested indexes too', async () => {
    await using at = await openTestHome();
    const lease = await at.leases.open('load');
    const [amd, arm, away] = ['amd64', 'arm64', 's390x'].map((architecture) =>
      buildImage({ layers: [[{ path: architecture }]], platform: { os: 'linux', architecture } }),
    ) as [FixtureImage, FixtureImage, FixtureImage];
    const nested = buildIndex([arm]);
    const index = buildIndex([amd, away]);
    const document = JSON.parse(index.manifest.bytes.toString());
    const bytes = Buffer.from(JSON.stringify({ ...document, manifests: [...document.manifests, nested.manifest.descriptor] }));
    const { mediaType } = index.manifest.descriptor;
    const stored = [...[amd, arm].flatMap(({ layers, config, manifest }) => [...layers, config, manifest]), nested.manifest];
    for (const blob of stored) await putBlob(at, lease, blob);
    const top = { ...(await at.content.put(bytes, { lease })), mediaType };
    const options = { lease, config: descriptorOf(amd.config), manifests: [descriptorOf(amd.manifest)], index: top };
    await at.images.add({ ...options, names: [APP], digests: [], layerSizes: new Map() });
    await lease[Symbol.asyncDispose]();
    expect(await at.collect()).toMatchObject({ contentCount: 0 });
    for (const { digest } of stored.map(descriptorOf)) expect(await at.content.stat(digest)).toBeDefined();
    await at.images.remove('app');
    expect(await at.collect()).toMatchObject({ contentCount: stored.length + 1 });
  });

  test('counts a layer of unknown size with its blob', async () => {
    await using at = await openTestHome();
    await using lease = await at.leases.open('pull');
    const { image } = testImage({ layers: ['one'] });
    for (const blob of [image.config, image.manifest]) await putBlob(at, lease, blob);
    const options = { lease, config: descriptorOf(image.config), manifests: [descriptorOf(image.manifest)], names: [], digests: [] };
    expect((await at.images.add({ ...options, layerSizes: new Map() })).sizeBytes).toBe(image.layers[0]?.bytes.length);
    const sizes = new Map([[image.diffIds[0] as Digest, 3]]);
    expect((await at.images.add({ ...options, layerSizes: sizes })).sizeBytes).toBe(3);
  });

  test('refuses manifests that are not of the image', async () => {
    await using at = await openTestHome();
    await using lease = await at.leases.open('pull');
    const { image, index } = testImage({ layers: ['one'] });
    const other = buildImage({ layers: [[{ path: 'other' }]] });
    for (const blob of [image.config, image.manifest, index, other.manifest]) await putBlob(at, lease, blob);
    const add = async (manifest: typeof index, config = image.config) =>
      await at.images.add({
        lease,
        config: descriptorOf(config),
        manifests: [descriptorOf(manifest)],
        names: [APP],
        digests: [],
        layerSizes: new Map(),
      });
    await expect(add(other.manifest)).rejects.toMatchObject({ code: 'IMAGE_INVALID' });
    await expect(add(index)).rejects.toMatchObject({ code: 'IMAGE_INVALID' });
    await expect(add(other.manifest, other.config)).rejects.toMatchObject({ code: 'CONTENT_MISSING' });
    expect(at.images.list()).toEqual([]);
  });
});

describe('ImageStore.addManifest()', () => {
  test('keeps a second manifest, and the layers it names, as long as the image', async () => {
    await using at = await openTestHome();
    const image = await addTestImage(at, { layers: ['one'], names: [APP] });
    const zstd = buildImage({ layers: [[{ path: 'file-0', content: 'one' }]], compression: 'zstd', config: { Labels: {} } });
    const lease = await at.leases.open('push');
    for (const blob of [...zstd.layers, zstd.manifest]) await putBlob(at, lease, blob);
    await expect(at.images.addManifest(zstd.manifest.descriptor.digest as Digest, descriptorOf(zstd.manifest))).rejects.toThrow(
      'No such image',
    );
    const now = await at.images.addManifest(image.id, descriptorOf(zstd.manifest));
    await lease[Symbol.asyncDispose]();
    expect(now.manifests[1]).toEqual(descriptorOf(zstd.manifest));
    expect(await at.collect()).toMatchObject({ contentCount: 0 });
    expect(at.images.layerBlobs([image.layers[0]?.diffId as Digest])).toHaveLength(2);
    await at.images.remove('app');
    expect(await at.collect()).toMatchObject({ contentCount: 5 });
    expect(at.state.all('SELECT * FROM content_reference UNION ALL SELECT diff_id, digest FROM layer_blob')).toEqual([]);
  });
});

describe('ImageStore.tag()', () => {
  test('names an image, and refuses digests and images that are not there', async () => {
    await using at = await openTestHome();
    const image = await addTestImage(at, { layers: ['one'] });
    expect(await at.images.tag(image.id, parseReference('localhost:5000/team/app:1'))).toEqual({
      repository: 'localhost:5000/team/app',
      tag: '1',
    });
    expect(at.images.find('localhost:5000/team/app:1')?.id).toBe(image.id);
    await expect(at.images.tag(image.id, parseReference(`app@${image.id}`))).rejects.toMatchObject({ code: 'TAG_REFUSED' });
    const nobody = `sha256:${'0'.repeat(64)}` as Digest;
    await expect(at.images.tag(nobody, APP)).rejects.toMatchObject({ code: 'IMAGE_UNKNOWN' });
    await expect(at.images.addDigest(nobody, { repository: 'docker.io/library/app', digest: nobody })).rejects.toMatchObject({
      code: 'IMAGE_UNKNOWN',
    });
  });
});
