import { buffer } from 'node:stream/consumers';
import { systemClock } from '@slipway/base/node';
import { parseDigest, parseRepositoryName, parseTagName } from '@slipway/oci';
import { blobOf, buildImage, buildIndex, randomBlob, type SlipwayProcess, startSlipway } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRegistryClient, type RegistryClient } from './client.ts';
import type { Credential } from './credentials/credential.ts';
import { composeIndex, pushIndex } from './imagetools/create-index.ts';
import { inspectImage } from './imagetools/inspect-image.ts';
import { collectingSink } from './testing/collecting-sink.ts';
import { descriptorOf, fixtureSource } from './testing/fixture-source.ts';
import { copyAllTags, copyImage } from './transfer/copy-image.ts';
import { fetchImage } from './transfer/fetch-image.ts';
import type { TransferEvent } from './transfer/progress.ts';
import { pushImage } from './transfer/push-image.ts';

const latest = parseTagName('latest');
const amd64 = buildImage({ layers: [randomBlob(300_000, 1), randomBlob(10_000, 2)], platform: { os: 'linux', architecture: 'amd64' } });
const arm64 = buildImage({ layers: [randomBlob(300_000, 1), randomBlob(10_000, 3)], platform: { os: 'linux', architecture: 'arm64' } });
const index = buildIndex([amd64, arm64]);
let server: SlipwayProcess;
let client: RegistryClient;

beforeAll(async () => {
  server = await startSlipway();
  client = clientFor({ kind: 'password', username: 'admin', password: server.adminPassword });
});

afterAll(async () => {
  client?.close();
  await server?.stop();
});

function clientFor(credential: Credential | undefined): RegistryClient {
  return createRegistryClient({ clock: systemClock, credentials: { find: async () => credential } });
}

function repository(name: string, from: RegistryClient = client) {
  return from.repository({ registry: server.url, repository: parseRepositoryName(name) });
}

async function listTags(name: string): Promise<string[]> {
  const tags: string[] = [];
  for await (const tag of repository(name).listTags()) tags.push(tag);
  return tags;
}

describe('pushImage()', () => {
  test('pushes an index with all its children, and fetchImage() reads the same bytes back', async () => {
    const target = repository('admin/pushed');
    const events: TransferEvent[] = [];
    const top = await pushImage({
      source: fixtureSource(index),
      target,
      image: descriptorOf(index.manifest),
      tags: [latest, parseTagName('1.0')],
      onProgress: (event) => events.push(event),
    });
    expect(top.digest).toBe(index.manifest.descriptor.digest);
    expect(await listTags('admin/pushed')).toEqual(['1.0', 'latest']);
    // Two images share a layer: it travels once.
    expect(events.filter((event) => event.kind === 'blob-done' && event.how === 'transferred')).toHaveLength(5);
    const sink = collectingSink();
    const fetched = await fetchImage({ source: target, name: latest, platform: 'all', sink });
    expect(fetched.descriptor.digest).toBe(top.digest);
    for (const { bytes, descriptor } of [index.manifest, amd64.manifest, amd64.config, ...amd64.layers, arm64.manifest, ...arm64.layers]) {
      expect(sink.contents.get(descriptor.digest)?.equals(bytes)).toBe(true);
    }
    expect(sink.writes.at(-1)).toBe(top.digest);
    expect(new Set(sink.writes).size).toBe(sink.writes.length);
  });

  test('sends nothing twice, and mounts what another repository has', async () => {
    const target = repository('admin/mounted');
    const events: TransferEvent[] = [];
    const options = { source: fixtureSource(amd64), target, image: descriptorOf(amd64.manifest), tags: [latest] };
    await pushImage({ ...options, mountFrom: [parseRepositoryName('admin/pushed')], onProgress: (event) => events.push(event) });
    const hows = events.flatMap((event) => (event.kind === 'blob-done' ? [event.how] : []));
    expect(hows).toEqual(['mounted', 'mounted', 'mounted']);
    const again: TransferEvent[] = [];
    await pushImage({ ...options, onProgress: (event) => again.push(event) });
    expect(again.filter((event) => event.kind === 'blob-done')).toEqual([]);
  });

  test('fails with docker’s words where the account has no right', async () => {
    const stranger = clientFor(undefined);
    const target = repository('admin/secret', stranger);
    const options = { source: fixtureSource(amd64), target, image: descriptorOf(amd64.manifest), tags: [latest] };
    await expect(pushImage(options)).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining(
        `push access denied for ${server.url}/admin/secret, repository does not exist or may require 'docker login'`,
      ),
    });
    stranger.close();
  });
});

describe('fetchImage()', () => {
  test('fetches the image of one platform', async () => {
    const sink = collectingSink();
    const options = { source: repository('admin/pushed'), name: latest, platform: { os: 'linux', architecture: 'arm64' }, sink };
    const fetched = await fetchImage(options);
    expect(fetched.manifest.digest).toBe(arm64.manifest.descriptor.digest);
    expect(sink.contents.has(amd64.manifest.descriptor.digest)).toBe(false);
    expect([...sink.contents.keys()].sort()).toEqual(
      [index.manifest, arm64.manifest, arm64.config, ...arm64.layers].map(({ descriptor }) => descriptor.digest).sort(),
    );
  });

  test('names the platforms there are when the wanted one is not', async () => {
    const options = { source: repository('admin/pushed'), name: latest, platform: { os: 'linux', architecture: 's390x' } };
    await expect(fetchImage({ ...options, sink: collectingSink() })).rejects.toMatchObject({
      code: 'PLATFORM_UNKNOWN',
      message: 'no matching manifest for linux/s390x in the manifest list entries',
      hint: 'It has linux/amd64, linux/arm64.',
    });
  });
});

describe('Repository', () => {
  test('resolve() fails in docker’s words for an unknown tag', async () => {
    await expect(repository('admin/pushed').resolve(parseTagName('gone'))).rejects.toMatchObject({
      code: 'MANIFEST_UNKNOWN',
      message: `manifest for ${server.url}/admin/pushed:gone not found: manifest unknown: manifest unknown`,
    });
  });

  test('resolve() fails in docker’s words for a private repository without login', async () => {
    const stranger = clientFor(undefined);
    await expect(repository('admin/pushed', stranger).resolve(latest)).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringMatching(/^pull access denied for .*\/admin\/pushed, repository does not exist or may require 'docker login'/),
    });
    stranger.close();
  });

  test('openBlob() starts at an offset', async () => {
    const [layer] = amd64.layers;
    const descriptor = descriptorOf(layer ?? amd64.config);
    const bytes = await buffer(await repository('admin/pushed').openBlob(descriptor, { offset: 299_000 }));
    expect(bytes.equals((layer ?? amd64.config).bytes.subarray(299_000))).toBe(true);
  });

  test('deleteTag() leaves the manifest, deleteManifest() does not', async () => {
    const target = repository('admin/deleted');
    const image = descriptorOf(amd64.manifest);
    await pushImage({ source: fixtureSource(amd64), target, image, tags: [latest] });
    await target.deleteTag(latest);
    expect((await target.resolve(image.digest)).digest).toBe(image.digest);
    await target.deleteManifest(image.digest);
    await expect(target.resolve(image.digest)).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' });
  });
});

describe('copyImage()', () => {
  test('takes referrers and their referrers along', async () => {
    const from = repository('admin/signed');
    const signature = buildImage({
      layers: [randomBlob(100, 9)],
      artifactType: 'application/x.signature',
      subject: amd64.manifest.descriptor,
    });
    const note = buildImage({ layers: [randomBlob(100, 10)], artifactType: 'application/x.note', subject: signature.manifest.descriptor });
    await pushImage({ source: fixtureSource(amd64), target: from, image: descriptorOf(amd64.manifest), tags: [latest] });
    for (const image of [signature, note]) {
      await pushImage({ source: fixtureSource(image), target: from, image: descriptorOf(image.manifest), tags: [] });
    }
    const to = repository('admin/copied');
    const copied = await copyImage({ from, to, name: latest, tags: [latest], referrers: true });
    const [found] = await to.listReferrers(copied.digest);
    expect(found).toMatchObject({ digest: signature.manifest.descriptor.digest, artifactType: 'application/x.signature' });
    expect(await to.listReferrers(parseDigest(signature.manifest.descriptor.digest))).toHaveLength(1);
    expect(await to.listReferrers(copied.digest, { artifactType: 'application/x.other' })).toEqual([]);
  });

  test('streams from one registry to another', async () => {
    await using other = await startSlipway();
    using both = createRegistryClient({
      clock: systemClock,
      credentials: {
        find: async (registry) => ({
          kind: 'password',
          username: 'admin',
          password: registry === other.url ? other.adminPassword : server.adminPassword,
        }),
      },
    });
    const to = both.repository({ registry: other.url, repository: parseRepositoryName('copies/of/pushed') });
    const copied = [];
    for await (const { tag, image } of copyAllTags({ from: repository('admin/pushed', both), to })) copied.push(`${tag} ${image.digest}`);
    const { digest } = index.manifest.descriptor;
    expect(copied).toEqual([`1.0 ${digest}`, `latest ${digest}`]);
    const sink = collectingSink();
    await fetchImage({ source: to, name: latest, platform: 'all', sink });
    expect(sink.contents.size).toBe(8);
  });
});

describe('composeIndex()', () => {
  test('joins images of two repositories into an index that pushIndex() brings to a third', async () => {
    await pushImage({ source: fixtureSource(arm64), target: repository('admin/arm'), image: descriptorOf(arm64.manifest), tags: [latest] });
    const sources = ['admin/mounted', 'admin/arm'].map((name) => ({ repository: repository(name), name: latest }));
    const composed = await composeIndex({ sources, annotations: { team: 'blue' } });
    const target = repository('admin/joined');
    const pushed = await pushIndex({ index: composed, target, tags: [latest] });
    const inspected = await inspectImage(target, latest);
    expect(inspected.descriptor.digest).toBe(pushed.digest);
    expect(inspected.manifest).toMatchObject({
      kind: 'index',
      annotations: { team: 'blue' },
      manifests: [
        { digest: amd64.manifest.descriptor.digest, platform: { os: 'linux', architecture: 'amd64' } },
        { digest: arm64.manifest.descriptor.digest, platform: { os: 'linux', architecture: 'arm64' } },
      ],
    });
  });

  test('keeps the bytes of a single source', async () => {
    const composed = await composeIndex({ sources: [{ repository: repository('admin/pushed'), name: latest }] });
    expect(composed.content.digest).toBe(index.manifest.descriptor.digest);
    const pushed = await pushIndex({ index: composed, target: repository('admin/same'), tags: [latest] });
    expect(pushed.digest).toBe(index.manifest.descriptor.digest);
  });
});

describe('RegistryClient', () => {
  test('login() verifies a password, returns an identity token, and later requests work with it', async () => {
    using fresh = clientFor(undefined);
    const credential = await fresh.login(server.url, { username: 'admin', password: server.adminPassword });
    expect(credential.kind).toBe('identity-token');
    using later = clientFor(credential);
    expect((await repository('admin/pushed', later).resolve(latest)).digest).toBe(index.manifest.descriptor.digest);
  });

  test('login() fails in docker’s words for a wrong password', async () => {
    using fresh = clientFor(undefined);
    await expect(fresh.login(server.url, { username: 'admin', password: 'wrong' })).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      message: 'unauthorized: incorrect username or password',
    });
  });

  test('listRepositories() lists what the account can see', async () => {
    const names: string[] = [];
    for await (const name of client.listRepositories(server.url)) names.push(name);
    expect(names).toContain('admin/pushed');
  });

  test('repository() keeps many blobs of any size exact', async () => {
    const target = repository('admin/sizes');
    for (const size of [0, 1, 65_536, 3_000_000]) {
      const blob = blobOf(randomBlob(size, size));
      const outcome = await target.pushBlob(descriptorOf(blob), async (offset) => {
        const { Readable } = await import('node:stream');
        return Readable.from([blob.bytes.subarray(offset)], { objectMode: false });
      });
      expect(outcome.kind).toBe('uploaded');
      expect((await buffer(await target.openBlob(descriptorOf(blob)))).equals(blob.bytes)).toBe(true);
    }
  });
});
