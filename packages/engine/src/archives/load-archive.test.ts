import { createHash } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { parseReference, withDefaultTag } from '@slipway/oci';
import { buildImage, buildIndex, buildTar, type FixtureImage, type FixtureIndex, type LayerEntry, sha256Of } from '@slipway/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ArchiveStore, openArchiveStore } from './testing/archive-store.ts';
import { blobPath, dockerArchive, dockerSaveArchive, legacyArchive, ociArchive } from './testing/archives.ts';

const name = (text: string) => withDefaultTag(parseReference(text));
const image = (seed: string, options: Partial<Parameters<typeof buildImage>[0]> = {}): FixtureImage =>
  buildImage({ layers: [[{ path: 'etc/' }, { path: 'etc/seed', content: seed }], [{ path: 'base', content: 'same' }]], ...options });

let store: ArchiveStore;
beforeEach(async () => {
  store = await openArchiveStore();
});
afterEach(async () => await store[Symbol.asyncDispose]());

const idOf = (fixture: FixtureImage) => fixture.config.descriptor.digest;

describe('loadArchive()', () => {
  test('loads a docker archive with hashed layer tars, compressing them once', async () => {
    const app = image('one', { compression: 'none' });
    expect(await store.load(dockerArchive([{ image: app, names: ['app:1', 'app:latest'] }]))).toEqual([
      'Loaded image: app:1',
      'Loaded image: app:latest',
    ]);
    expect(store.received[0]).toMatchObject({ id: idOf(app), digests: [] });
    expect(store.received[0]?.manifest.mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json');
    const manifest = JSON.parse((await store.content.read(store.received[0]!.manifest)).toString());
    expect(manifest.layers.map((layer: { mediaType: string }) => layer.mediaType)).toEqual(
      app.layers.map(() => 'application/vnd.docker.image.rootfs.diff.tar.gzip'),
    );
  });

  test('loads a docker archive without names by its id', async () => {
    const app = image('unnamed', { compression: 'none' });
    expect(await store.load(dockerArchive([{ image: app, names: [] }]))).toEqual([`Loaded image ID: ${idOf(app)}`]);
  });

  test('loads several images, and says which name another image loses', async () => {
    const [one, two] = [image('1', { compression: 'none' }), image('2', { compression: 'none' })];
    await store.load(dockerArchive([{ image: one, names: ['app'] }]));
    const events = await store.load(
      dockerArchive([
        { image: two, names: ['app'] },
        { image: one, names: ['old:1'] },
      ]),
    );
    expect(events).toEqual([
      `The image app:latest already exists, renaming the old one with ID ${idOf(one)} to empty string`,
      'Loaded image: app:latest',
      'Loaded image: old:1',
    ]);
  });

  test('keeps compressed layers of a docker archive as they are', async () => {
    for (const compression of ['gzip', 'zstd'] as const) {
      const app = image(compression, { compression });
      await store.load(dockerArchive([{ image: app, names: ['app'] }]));
      for (const { descriptor } of app.layers) expect(await store.content.stat(descriptor.digest as never)).toBeDefined();
      expect(store.received.at(-1)?.id).toBe(idOf(app));
    }
  });

  test('follows links between layers of a docker archive', async () => {
    const app = image('linked', { compression: 'none' });
    const entries: LayerEntry[] = [
      { path: `${'a'.repeat(64)}/layer.tar`, content: app.layers[0]?.bytes ?? '' },
      { path: `${'b'.repeat(64)}/layer.tar`, linkTarget: `../${'c'.repeat(64)}/layer.tar` },
      { path: `${'c'.repeat(64)}/layer.tar`, content: app.layers[1]?.bytes ?? '' },
      { path: `${idOf(app).slice(7)}.json`, content: app.config.bytes },
    ];
    const manifest = [
      { Config: `${idOf(app).slice(7)}.json`, RepoTags: ['app:1'], Layers: ['a', 'b'].map((id) => `${id.repeat(64)}/layer.tar`) },
    ];
    entries.push({ path: 'manifest.json', content: JSON.stringify(manifest) });
    expect(await store.load(buildTar(entries))).toEqual(['Loaded image: app:1']);
    expect(store.received[0]?.id).toBe(idOf(app));
  });

  test('loads a layer without any file', async () => {
    const app = buildImage({ layers: [Buffer.alloc(1024), [{ path: 'a', content: 'a' }]], compression: 'none' });
    await store.load(dockerArchive([{ image: app, names: ['app'] }]));
    expect(store.received[0]?.id).toBe(idOf(app));
  });

  test("composes a manifest for docker's made-up layout, whose layers are plain", async () => {
    const app = image('saved', { compression: 'none' });
    expect(await store.load(dockerSaveArchive(app, 'app:1', { invented: true }))).toEqual(['Loaded image: app:1']);
    const manifest = JSON.parse((await store.content.read(store.received[0]!.manifest)).toString());
    expect(store.received[0]?.id).toBe(idOf(app));
    expect(manifest.layers[0].mediaType).toContain('gzip');
    expect(await store.content.stat(app.layers[0]?.descriptor.digest as never)).toBeUndefined();
  });

  test('keeps the manifest of a layout beside manifest.json, even with plain layers', async () => {
    for (const compression of ['none', 'gzip'] as const) {
      const app = image(`exact ${compression}`, { compression });
      await store.load(dockerSaveArchive(app, 'app:1', { invented: false }));
      expect(store.received.at(-1)?.manifest.digest).toBe(app.manifest.descriptor.digest);
      expect(store.received.at(-1)?.names).toEqual([name('app:1')]);
      for (const { descriptor } of app.layers) expect(await store.content.stat(descriptor.digest as never)).toBeDefined();
    }
  });

  test('does not compress a layer again that is there', async () => {
    const app = image('again', { compression: 'none' });
    const archive = dockerSaveArchive(app, 'app:1', { invented: true });
    await store.load(archive);
    const { manifest } = store.received[0]!;
    const layers = JSON.parse((await store.content.read(manifest)).toString()).layers;
    store.layerBlobs.push(...app.diffIds.map((diffId, at) => ({ diffId: diffId as never, descriptor: layers[at] })));
    await store.load(archive);
    expect(store.received[1]?.manifest).toEqual(manifest);
  });

  test('names images of an OCI archive by containerd, then by the reference when it is a whole name', async () => {
    const app = image('oci');
    const load = async (annotations: Record<string, string>) => {
      await store.load(ociArchive([{ content: app, annotations }]));
      return store.received.at(-1);
    };
    expect(
      (await load({ 'io.containerd.image.name': 'docker.io/library/app:2', 'org.opencontainers.image.ref.name': '2' }))?.names,
    ).toEqual([name('app:2')]);
    expect((await load({ 'org.opencontainers.image.ref.name': 'localhost/app:3' }))?.names).toEqual([name('localhost/app:3')]);
    expect((await load({ 'org.opencontainers.image.ref.name': 'v1' }))?.names).toEqual([]);
    expect((await load({ 'org.opencontainers.image.ref.name': 'No/Name:at all' }))?.names).toEqual([]);
    const digest = app.manifest.descriptor.digest;
    const named = await load({ 'io.containerd.image.name': `docker.io/library/app@${digest}` });
    expect(named).toMatchObject({ names: [], digests: [{ repository: 'docker.io/library/app', digest }] });
  });

  test('lets an index stand for the image of this platform, or the first, and keeps the others', async () => {
    const arm = image('arm', { platform: { os: 'linux', architecture: 'arm64' } });
    const amd = image('amd', { platform: { os: 'linux', architecture: 'amd64' } });
    const index = buildIndex([arm, amd]);
    const archive = ociArchive([{ content: index, annotations: { 'org.opencontainers.image.ref.name': 'app:1' } }]);
    await store.load(archive);
    expect(store.received[0]).toMatchObject({ id: idOf(amd), target: { digest: index.manifest.descriptor.digest } });
    expect(await store.content.stat(arm.layers[0]?.descriptor.digest as never)).toBeDefined();
    await store.load(archive, { platform: { os: 'linux', architecture: 's390x' } });
    expect(store.received[1]?.id).toBe(idOf(arm));
  });

  test('chooses among the platforms that the archive has, of an index that lists more', async () => {
    const arm = image('arm', { platform: { os: 'linux', architecture: 'arm64' } });
    const amd = image('amd', { platform: { os: 'linux', architecture: 'amd64' } });
    const index = buildIndex([amd, arm]);
    const archive = ociArchive([{ content: index }], { without: [amd.layers[0]?.descriptor.digest ?? ''] });
    await store.load(archive);
    expect(store.received[0]?.id).toBe(idOf(arm));
  });

  test('chooses one of the platforms that index.json itself lists', async () => {
    const arm = image('arm', { platform: { os: 'linux', architecture: 'arm64' } });
    const amd = image('amd', { platform: { os: 'linux', architecture: 'amd64' } });
    const listed = [arm, amd].map((content) => ({ content, platform: content.platform }));
    expect(await store.load(ociArchive(listed))).toEqual([`Loaded image ID: ${idOf(amd)}`]);
  });

  test('reads an archive that is compressed with gzip or zstd', async () => {
    const archive = dockerArchive([{ image: image('packed', { compression: 'none' }), names: ['app'] }]);
    expect(await store.load(gzipSync(archive))).toEqual(['Loaded image: app:latest']);
    expect(await store.load(zstdCompressSync(archive))).toEqual(['Loaded image: app:latest']);
  });

  test('loads archives of docker before 1.10 with the config that docker makes of them', async () => {
    const { archive, config } = legacyArchive();
    expect(await store.load(archive)).toEqual(['Loaded image: old:1']);
    expect(store.received[0]?.id).toBe(sha256Of(Buffer.from(config)));
  });

  test('accepts a blob that is there twice, and leaves out files that nothing needs', async () => {
    const app = image('twice');
    const archive = ociArchive([{ content: app }], {
      more: [
        { path: blobPath(app.config.descriptor.digest), content: app.config.bytes },
        { path: 'README', content: 'hello' },
      ],
    });
    expect(await store.load(archive)).toEqual([`Loaded image ID: ${idOf(app)}`]);
  });

  test('reports how much of the archive was read', async () => {
    const archive = dockerArchive([{ image: image('progress'), names: ['app'] }]);
    let doneBytes = 0;
    await store.load(archive, { onProgress: (event) => (doneBytes = event.doneBytes) });
    expect(doneBytes).toBe(archive.length);
  });

  test('keeps tars under digests of other algorithms as they are', async () => {
    const app = image('sha512');
    const content = buildTar([{ path: 'a', content: 'a' }]);
    const hex = createHash('sha512').update(content).digest('hex');
    const archive = ociArchive([{ content: app }], { more: [{ path: `blobs/sha512/${hex}`, content }] });
    expect(await store.load(archive)).toEqual([`Loaded image ID: ${idOf(app)}`]);
    expect(await store.content.stat(`sha512:${hex}` as never)).toEqual({ sizeBytes: content.length });
  });

  test('gives each name to one image where an index and its manifest are both listed', async () => {
    const app = image('both');
    const index = buildIndex([app]);
    const named = (content: FixtureImage | FixtureIndex, name: string) => ({
      content,
      annotations: { 'io.containerd.image.name': `docker.io/library/${name}` },
    });
    const item = {
      Config: blobPath(app.config.descriptor.digest),
      RepoTags: ['index:1', 'manifest:1'],
      Layers: app.layers.map(({ descriptor }) => blobPath(descriptor.digest)),
    };
    const more = [{ path: 'manifest.json', content: JSON.stringify([item]) }];
    const archive = ociArchive([named(index, 'index:1'), named(app, 'manifest:1')], { more });
    expect(await store.load(archive)).toEqual(['Loaded image: index:1', 'Loaded image: manifest:1']);
  });
});
