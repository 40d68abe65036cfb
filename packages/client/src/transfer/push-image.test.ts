import { type Descriptor, MEDIA_TYPES, parseTagName } from '@slipway/oci';
import { blobOf, buildImage, buildIndex, type FixtureBlob, randomBlob } from '@slipway/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FakeRegistry, firstTimes, startFakeRegistry, type TestClient, testClient } from '../testing/fake-registry.ts';
import { descriptorOf, fixtureSource } from '../testing/fixture-source.ts';
import type { ContentSource } from './content.ts';
import { copyImage } from './copy-image.ts';
import { pushAllTags, pushImage } from './push-image.ts';

const latest = parseTagName('latest');
const image = buildImage({ layers: [randomBlob(20_000, 1)] });
const other = buildImage({ layers: [randomBlob(20_000, 1), randomBlob(5000, 2)] });
let registry: FakeRegistry;
let user: TestClient;

beforeEach(async () => {
  registry = await startFakeRegistry();
  user = testClient();
});

afterEach(async () => {
  user[Symbol.dispose]();
  await registry[Symbol.asyncDispose]();
});

function uploads(): number {
  return registry.log.filter((line) => line.startsWith('PATCH')).length;
}

/** Any blobs as a source. */
function sourceOf(...blobs: readonly FixtureBlob[]): ContentSource {
  return fixtureSource({ ...image, layers: blobs });
}

describe('pushImage()', () => {
  test('puts the manifest after its blobs and the index after its children', async () => {
    const index = buildIndex([image, other]);
    await pushImage({
      source: fixtureSource(index),
      target: user.repository(registry),
      image: descriptorOf(index.manifest),
      tags: [latest],
    });
    const puts = registry.log.filter((line) => line.startsWith('PUT'));
    const manifests = puts.filter((line) => line.includes('/manifests/')).map((line) => line.replace(/.*\//, ''));
    expect(puts.at(-1)).toBe('PUT /v2/team/app/manifests/latest');
    expect(manifests.sort()).toEqual(
      [image, other]
        .map(({ manifest }) => manifest.descriptor.digest)
        .concat('latest')
        .sort(),
    );
    for (const { manifest, layers } of [image, other]) {
      const at = puts.findIndex((line) => line.endsWith(manifest.descriptor.digest));
      const blobs = layers.map(({ descriptor }) => puts.findIndex((line) => line.includes(encodeURIComponent(descriptor.digest))));
      expect(Math.max(...blobs)).toBeLessThan(at);
    }
    expect(registry.manifests.get('latest')?.bytes.equals(index.manifest.bytes)).toBe(true);
    expect(uploads()).toBe(4);
  });

  test('takes children of an index that are blobs, as BuildKit’s cache has them', async () => {
    const layer = blobOf(randomBlob(100, 3), MEDIA_TYPES.ociLayerGzip);
    const document = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: [layer.descriptor] };
    const index = blobOf(Buffer.from(JSON.stringify(document)), MEDIA_TYPES.ociIndex);
    await pushImage({ source: sourceOf(layer, index), target: user.repository(registry), image: descriptorOf(index), tags: [latest] });
    expect(registry.blobs.get(layer.descriptor.digest)?.equals(layer.bytes)).toBe(true);
  });

  test('leaves foreign layers where their URLs are', async () => {
    const foreign = {
      ...descriptorOf(blobOf(randomBlob(100, 4))),
      mediaType: MEDIA_TYPES.dockerForeignLayerGzip,
      urls: ['https://x.example/l'],
    };
    const document = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociManifest, config: image.config.descriptor, layers: [foreign] };
    const manifest = blobOf(Buffer.from(JSON.stringify(document)), MEDIA_TYPES.ociManifest);
    await pushImage({
      source: sourceOf(image.config, manifest),
      target: user.repository(registry),
      image: descriptorOf(manifest),
      tags: [latest],
    });
    expect([...registry.blobs.keys()]).toEqual([image.config.descriptor.digest]);
  });

  test('refuses a source whose manifest is not what was asked for', async () => {
    const source: ContentSource = {
      ...fixtureSource(image),
      readManifest: async (digest) => ({ bytes: Buffer.from('{}'), mediaType: MEDIA_TYPES.ociManifest, digest }),
    };
    const options = { source, target: user.repository(registry), image: descriptorOf(image.manifest), tags: [latest] };
    await expect(pushImage(options)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(registry.log).toEqual([]);
  });
});

describe('pushAllTags()', () => {
  test('sends what images have in common once, and reports each tag', async () => {
    const images = [image, other, image].map((each, number) => ({ tag: parseTagName(`v${number}`), image: descriptorOf(each.manifest) }));
    const done: string[] = [];
    for await (const pushed of pushAllTags({ source: fixtureSource(image, other), target: user.repository(registry), images })) {
      done.push(`${pushed.tag} ${pushed.image.digest}`);
    }
    expect(done).toEqual(images.map(({ tag, image }) => `${tag} ${image.digest}`));
    expect(uploads()).toBe(4);
    expect([...registry.manifests.keys()].filter((name) => name.startsWith('v')).sort()).toEqual(['v0', 'v1', 'v2']);
  });
});

describe('copyImage()', () => {
  async function seed(): Promise<Descriptor> {
    const top = descriptorOf(image.manifest);
    const pushed = await pushImage({ source: fixtureSource(image), target: user.repository(registry, 'from'), image: top, tags: [latest] });
    registry.log.splice(0);
    return pushed;
  }

  test('goes on when either side breaks off', async () => {
    await seed();
    await using target = await startFakeRegistry();
    registry.rules.push(
      firstTimes(2, new RegExp(`^GET .*/blobs/${image.layers[0]?.descriptor.digest}`), (_, response) => {
        response.writeHead(200, { 'content-length': String(image.layers[0]?.bytes.length) });
        response.write(image.layers[0]?.bytes.subarray(0, 1000), () => response.destroy());
        return true;
      }),
    );
    target.rules.push(firstTimes(1, /^PATCH/, (_, response) => response.destroy().destroyed));
    const options = {
      from: user.repository(registry, 'from'),
      to: user.repository(target, 'to'),
      name: latest,
      tags: [latest],
      concurrency: 1,
    };
    expect((await copyImage(options)).digest).toBe(image.manifest.descriptor.digest);
    expect(target.blobs.size).toBe(2);
    expect(target.manifests.get('latest')?.bytes.equals(image.manifest.bytes)).toBe(true);
  });

  test('takes along the signatures that cosign keeps under tags', async () => {
    const { digest } = await seed();
    const signature = buildImage({ layers: [randomBlob(50, 5)] });
    const tag = parseTagName(`${digest.replace(':', '-')}.sig`);
    const from = user.repository(registry, 'from');
    await pushImage({ source: fixtureSource(signature), target: from, image: descriptorOf(signature.manifest), tags: [tag] });
    await using target = await startFakeRegistry();
    await copyImage({ from, to: user.repository(target, 'to'), name: latest, tags: [latest], referrers: true });
    expect(target.manifests.get(tag)?.bytes.equals(signature.manifest.bytes)).toBe(true);
  });
});
