import { parseReference, type Reference, withDefaultTag } from '@slipway/oci';
import { readTar } from '@slipway/oci/node';
import { buildImage, buildIndex, buildTar, type FixtureImage, type LayerEntry } from '@slipway/testkit';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ArchiveStore, chunksOf, collect, descriptorOf, openArchiveStore } from './testing/archive-store.ts';
import { blobPath } from './testing/archives.ts';

const names = (...texts: string[]): Reference[] => texts.map((text) => withDefaultTag(parseReference(text)));
const image = (seed: string, options: Partial<Parameters<typeof buildImage>[0]> = {}): FixtureImage =>
  buildImage({ layers: [[{ path: 'base', content: 'same' }], [{ path: 'seed', content: seed }]], ...options });

let store: ArchiveStore;
beforeEach(async () => {
  store = await openArchiveStore();
});
afterEach(async () => await store[Symbol.asyncDispose]());

describe('saveArchive()', () => {
  test('writes a docker archive that is an OCI layout too', async () => {
    const app = image('app');
    const target = await store.put(app);
    const files = await filesOf(await store.save([{ target, manifest: target, names: names('app:1', 'localhost:5000/team/app:2') }]));
    expect([...files.keys()].slice(0, 6)).toEqual(['blobs/', 'blobs/sha256/', 'index.json', 'manifest.json', 'oci-layout', 'repositories']);
    expect(JSON.parse(files.get('manifest.json') ?? '')).toEqual([
      {
        Config: blobPath(app.config.descriptor.digest),
        RepoTags: ['app:1', 'localhost:5000/team/app:2'],
        Layers: app.layers.map(({ descriptor }) => blobPath(descriptor.digest)),
      },
    ]);
    expect(JSON.parse(files.get('index.json') ?? '').manifests.map((entry: { annotations: unknown }) => entry.annotations)).toEqual([
      { 'io.containerd.image.name': 'docker.io/library/app:1', 'org.opencontainers.image.ref.name': '1' },
      { 'io.containerd.image.name': 'localhost:5000/team/app:2', 'org.opencontainers.image.ref.name': '2' },
    ]);
    const top = app.layers.at(-1)?.descriptor.digest.slice(7);
    expect(JSON.parse(files.get('repositories') ?? '')).toEqual({ app: { 1: top }, 'localhost:5000/team/app': { 2: top } });
    expect(JSON.parse(files.get('oci-layout') ?? '')).toEqual({ imageLayoutVersion: '1.0.0' });
  });

  test('writes shared blobs once, and an image without names by its id', async () => {
    const [one, two] = [image('one'), image('two')];
    const targets = [await store.put(one), await store.put(two)];
    const files = await filesOf(await store.save(targets.map((target) => ({ target, manifest: target, names: [] }))));
    const blobs = [...files.keys()].filter((path) => /^blobs\/sha256\/./.test(path));
    expect(blobs).toHaveLength(2 * 3 + 1);
    expect(JSON.parse(files.get('manifest.json') ?? '').map((item: { RepoTags: unknown }) => item.RepoTags)).toEqual([null, null]);
  });

  test('merges the names of an image that is given twice', async () => {
    const target = await store.put(image('twice'));
    const archive = await store.save([
      { target, manifest: target, names: names('app:1') },
      { target, manifest: target, names: names('app:2', 'app:1') },
    ]);
    expect(JSON.parse((await filesOf(archive)).get('manifest.json') ?? '')).toMatchObject([{ RepoTags: ['app:1', 'app:2'] }]);
  });

  test('is byte for byte the same for the same images', async () => {
    const target = await store.put(image('same'));
    const images = [{ target, manifest: target, names: names('app:1') }];
    expect((await store.save(images)).equals(await store.save(images))).toBe(true);
    const entries = await collect(readTar(chunksOf(await store.save(images))));
    expect(entries.every(({ mtimeSeconds, uid, gid }) => mtimeSeconds === 0 && uid === 0 && gid === 0)).toBe(true);
  });

  test("leaves docker's documents out of an OCI archive", async () => {
    const target = await store.put(image('oci'));
    const files = await filesOf(await store.save([{ target, manifest: target, names: names('app:1') }], 'oci'));
    expect([...files.keys()].filter((path) => path.endsWith('.json') || path === 'repositories')).toEqual(['index.json']);
  });

  test('yields nothing when something is missing', async () => {
    const app = image('missing');
    await store.put(app);
    const target = {
      ...descriptorOf(app.manifest.descriptor),
      digest: descriptorOf(app.config.descriptor).digest.replace(/.$/, '0') as never,
    };
    await expect(store.save([{ target, manifest: descriptorOf(app.manifest.descriptor), names: [] }])).rejects.toMatchObject({
      code: 'CONTENT_MISSING',
    });
  });
});

describe('saveArchive() and loadArchive()', () => {
  const tag = fc.stringMatching(/^[a-z0-9_][a-z0-9._-]{0,8}$/);
  const fixture = fc.record({
    seeds: fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 3 }),
    compression: fc.constantFrom('none' as const, 'gzip' as const, 'zstd' as const),
    mediaTypes: fc.constantFrom('oci' as const, 'docker' as const),
    isIndex: fc.boolean(),
    tags: fc.uniqueArray(tag, { maxLength: 2 }),
  });

  test('give the same images, in any order of the entries', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fixture, { minLength: 1, maxLength: 3 }), fc.infiniteStream(fc.nat()), async (fixtures, random) => {
        const images = [];
        for (const [at, { seeds, compression, mediaTypes, isIndex, tags }] of fixtures.entries()) {
          const build = (architecture: string) =>
            buildImage({
              layers: seeds.map((seed) => [{ path: 'file', content: `${seed}` }]),
              config: { Labels: { at: String(at) } },
              platform: { os: 'linux', architecture },
              compression,
              mediaTypes,
            });
          const own = build('amd64');
          const target = await store.put(isIndex ? buildIndex([build('arm64'), own], { mediaTypes }) : own);
          images.push({ target, manifest: descriptorOf(own.manifest.descriptor), names: names(...tags.map((text) => `app${at}:${text}`)) });
        }
        const archive = await store.save(images);
        await using to = await openArchiveStore();
        await to.load(await shuffled(archive, () => random.next().value));
        expect(to.received.map(summaryOf).sort(byTarget)).toEqual(images.map(summaryOf).sort(byTarget));
        const again = await to.save(images);
        expect(again.equals(archive)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });
});

interface Summarized {
  readonly manifest: { readonly digest: string };
  readonly target?: { readonly digest: string };
  readonly names: readonly Reference[];
}

function summaryOf({ manifest, target = manifest, names: own }: Summarized) {
  return { manifest: manifest.digest, target: target.digest, names: own };
}

const byTarget = (one: { readonly target: string }, other: { readonly target: string }) => (one.target < other.target ? -1 : 1);

async function filesOf(archive: Buffer): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const entry of readTar(chunksOf(archive))) {
    files.set(entry.name, Buffer.concat(await collect(entry.content())).toString());
  }
  return files;
}

async function shuffled(archive: Buffer, random: () => number): Promise<Buffer> {
  const entries: { readonly entry: LayerEntry; readonly key: number }[] = [];
  for await (const entry of readTar(chunksOf(archive))) {
    const content = Buffer.concat(await collect(entry.content()));
    entries.push({ entry: { path: entry.name, content }, key: random() });
  }
  return buildTar(entries.sort((one, other) => one.key - other.key).map(({ entry }) => entry));
}
