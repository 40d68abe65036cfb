import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { blobOf, buildImage, buildTar, type LayerEntry } from '@slipway/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ArchiveStore, chunksOf, openArchiveStore } from './testing/archive-store.ts';
import { blobPath, dockerArchive, ociArchive, ociEntries } from './testing/archives.ts';

const app = buildImage({ layers: [[{ path: 'a', content: 'a' }], [{ path: 'b', content: 'b' }]] });
const plain = buildImage({ layers: [[{ path: 'a', content: 'a' }], [{ path: 'b', content: 'b' }]], compression: 'none' });
const layerPath = blobPath(app.layers[0]?.descriptor.digest ?? '');

let store: ArchiveStore;
beforeEach(async () => {
  store = await openArchiveStore();
});
afterEach(async () => await store[Symbol.asyncDispose]());

async function refusal(archive: Uint8Array | AsyncIterable<Uint8Array>): Promise<string> {
  const outcome = await store.load(archive).then(
    () => 'loaded',
    (error: unknown) => `${(error as { code?: string }).code}: ${(error as Error).message}`,
  );
  expect(store.received).toEqual([]);
  return outcome;
}

const docker = (item: object, more: readonly LayerEntry[] = []): Buffer => {
  const files = [plain.config, ...plain.layers].map(
    ({ descriptor, bytes }): LayerEntry => ({ path: descriptor.digest.slice(7), content: bytes }),
  );
  return buildTar([...files, ...more, { path: 'manifest.json', content: JSON.stringify([item]) }]);
};
const hex = (at: number) => plain.layers[at]?.descriptor.digest.slice(7) ?? '';
const Config = plain.config.descriptor.digest.slice(7);

describe('loadArchive() refuses', () => {
  test('what is no archive, or none of images', async () => {
    expect(await refusal(Buffer.from('hello'.repeat(500)))).toMatch(/ARCHIVE_INVALID: .*invalid tar header/);
    expect(await refusal(Buffer.alloc(0))).toMatch(/ARCHIVE_INVALID: .*no archive of images/);
    expect(await refusal(buildTar([{ path: 'etc/passwd', content: 'root' }]))).toMatch(/ARCHIVE_INVALID: .*no archive of images/);
    expect(await refusal(ociArchive([]))).toMatch(/ARCHIVE_INVALID: .*no image/);
  });

  test('an archive that is cut off', async () => {
    const archive = dockerArchive([{ image: plain, names: ['app'] }]);
    expect(await refusal(archive.subarray(0, 700))).toMatch(/ARCHIVE_INVALID: .*unexpected end/);
  });

  test('compressions that have no program here, naming it', async () => {
    const xz = Buffer.concat([Buffer.from('fd377a585a00', 'hex'), Buffer.alloc(600)]);
    await expect(store.load(xz, { searchPath: '' })).rejects.toMatchObject({
      code: 'ARCHIVE_UNSUPPORTED',
      hint: expect.stringContaining('xz -dc'),
    });
    const lz4 = Buffer.concat([Buffer.from('04224d18', 'hex'), Buffer.alloc(600)]);
    expect(await refusal(lz4)).toMatch(/ARCHIVE_UNSUPPORTED: .*lz4/);
  });

  test('names and links that lead out of the archive', async () => {
    expect(await refusal(buildTar([{ path: '../../etc/cron.d/x', content: 'x' }]))).toMatch(/ARCHIVE_INVALID: .*leads out/);
    for (const linkTarget of ['/etc/passwd', '../../etc/passwd', '..']) {
      expect(
        await refusal(
          buildTar([
            { path: 'a/layer.tar', linkTarget: `../${linkTarget}` },
            { path: 'b', linkTarget },
          ]),
        ),
      ).toMatch(/ARCHIVE_INVALID: .*leads out/);
    }
    expect(await refusal(docker({ Config: '../x', Layers: [] }))).toMatch(/ARCHIVE_INVALID: .*leads out/);
  });

  test('links in a circle, and blobs that are links to others', async () => {
    const links = [
      { path: 'x', linkTarget: 'y' },
      { path: 'y', linkTarget: 'x' },
    ];
    expect(await refusal(docker({ Config, Layers: ['x', hex(1)] }, links))).toMatch(/ARCHIVE_INVALID: .*circle/);
    const entries = ociEntries([{ content: app }]).filter(({ path }) => path !== layerPath);
    const linked = { path: layerPath, linkTarget: `../../${blobPath(app.layers[1]?.descriptor.digest ?? '')}` };
    expect(await refusal(buildTar([...entries, linked]))).toMatch(/ARCHIVE_INVALID: .*link/);
  });

  test('documents that are too large, before they are buffered', async () => {
    let sentBytes = 0;
    async function* endless() {
      const header = buildTar([{ path: 'manifest.json', content: '' }]).subarray(0, 512);
      header.write((2 ** 33 - 1).toString(8).padStart(11, '0'), 124, 'latin1');
      header.write('        ', 148, 'latin1');
      const sum = header.reduce((total, byte) => total + byte, 0);
      header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
      yield header;
      for (; sentBytes < 1e9; sentBytes += 1e6) yield Buffer.alloc(1e6, 0x20);
    }
    expect(await refusal(endless())).toMatch(/ARCHIVE_TOO_LARGE: .*manifest\.json/);
    expect(sentBytes).toBeLessThan(5e6);
  });

  test('blobs whose content has another digest, and keeps nothing of them', async () => {
    const entries = ociEntries([{ content: app }]).map((entry) => (entry.path === layerPath ? { ...entry, content: 'other' } : entry));
    expect(await refusal(buildTar(entries))).toMatch(/ARCHIVE_INVALID: .*damaged/);
    const plainPath = blobPath(plain.layers[0]?.descriptor.digest ?? '');
    const tars = ociEntries([{ content: plain }]).map((entry) =>
      entry.path === plainPath ? { ...entry, content: plain.layers[1]?.bytes ?? '' } : entry,
    );
    expect(await refusal(buildTar(tars))).toMatch(/ARCHIVE_INVALID: .*the content of blob/);
    const uploads = dirname(dirname(dirname(dirname(store.content.pathOf(app.config.descriptor.digest as never)))));
    expect(await readdir(`${uploads}/uploads`)).toEqual([]);
  });

  test('archives with parts missing, naming them', async () => {
    const { digest } = app.layers[0]?.descriptor ?? { digest: '' };
    expect(await refusal(ociArchive([{ content: app }], { without: [digest] }))).toBe(
      `ARCHIVE_INCOMPLETE: Cannot load the archive: blob ${digest} is missing`,
    );
    const other = buildImage({ layers: [[{ path: 'other', content: 'other' }]] });
    const manifest = other.manifest.descriptor.digest;
    expect(await refusal(ociArchive([{ content: other }], { without: [manifest] }))).toMatch(
      `ARCHIVE_INCOMPLETE: Cannot load the archive: manifest ${manifest}`,
    );
    expect(await refusal(docker({ Config: 'none.json', Layers: [] }))).toMatch(/ARCHIVE_INCOMPLETE: .*config "none.json"/);
    expect(await refusal(docker({ Config, Layers: [hex(0), 'none/layer.tar'] }))).toMatch(/ARCHIVE_INCOMPLETE: .*layer "none\/layer.tar"/);
  });

  test('layers that are not those of the config', async () => {
    expect(await refusal(docker({ Config, Layers: [hex(0)] }))).toMatch(/ARCHIVE_INVALID: .*1 layers/);
    expect(await refusal(docker({ Config, Layers: [hex(1), hex(0)] }))).toMatch(/ARCHIVE_INVALID: .*layer 1/);
    expect(await refusal(docker({ Config, Layers: [hex(0), Config] }))).toMatch(/ARCHIVE_INVALID: .*no layer/);
  });

  test('documents that are there twice, or say what makes no sense', async () => {
    expect(await refusal(docker({ Config, Layers: [hex(0), hex(1)] }, [{ path: 'manifest.json', content: '[]' }]))).toMatch(
      /ARCHIVE_INVALID: .*twice/,
    );
    for (const manifest of [
      '{}',
      '[1]',
      '[{}]',
      '[{"Config":1}]',
      '[',
      `[{"Config":"${Config}","Layers":{}}]`,
      `[{"Config":"${Config}","Layers":[1]}]`,
    ]) {
      expect(await refusal(buildTar([{ path: 'manifest.json', content: manifest }]))).toMatch(/ARCHIVE_INVALID/);
    }
    expect(await refusal(docker({ Config, Layers: [hex(0), hex(1)], RepoTags: ['Not A Name'] }))).toMatch(/ARCHIVE_INVALID: .*no name/);
    expect(await refusal(docker({ Config, Layers: [hex(0), hex(1)], RepoTags: [`app:1@sha256:${Config}`] }))).toMatch(
      /ARCHIVE_INVALID: .*no name/,
    );
    expect(await refusal(buildTar([{ path: 'repositories', content: '{"app":{"1":"../../x"}}' }]))).toMatch(/ARCHIVE_INVALID: .*id/);
    expect(await refusal(buildTar([{ path: 'index.json', content: '{"schemaVersion":2,"manifests":[{"digest":"sha256:x"}]}' }]))).toMatch(
      /MANIFEST_INVALID/,
    );
  });

  test('indexes that are nested without end', async () => {
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    let top = app.manifest;
    const indexes = Array.from({ length: 20 }, (_, depth) => {
      top = blobOf(
        Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, annotations: { depth: `${depth}` }, manifests: [top.descriptor] })),
        mediaType,
      );
      return top;
    });
    const more = indexes.map(({ descriptor, bytes }): LayerEntry => ({ path: blobPath(descriptor.digest), content: bytes }));
    const entries = ociEntries([{ content: app }], { more }).filter(({ path }) => path !== 'index.json');
    const indexJson = JSON.stringify({ schemaVersion: 2, manifests: [top.descriptor] });
    expect(await refusal(buildTar([...entries, { path: 'index.json', content: indexJson }]))).toMatch(/ARCHIVE_INVALID: .*nested/);
  });

  test('legacy layers whose parents go in a circle', async () => {
    const [one, two] = ['1'.repeat(64), '2'.repeat(64)];
    const entries: LayerEntry[] = [
      { path: 'repositories', content: JSON.stringify({ app: { 1: one } }) },
      { path: `${one}/json`, content: JSON.stringify({ parent: two }) },
      { path: `${two}/json`, content: JSON.stringify({ parent: one }) },
    ];
    expect(await refusal(buildTar(entries))).toMatch(/ARCHIVE_INVALID: .*no end/);
  });

  test('an aborted load, at once', async () => {
    const stop = new AbortController();
    const archive = dockerArchive([{ image: plain, names: ['app'] }]);
    async function* stalling() {
      yield archive.subarray(0, 700);
      stop.abort(new Error('stopped'));
      await new Promise(() => undefined);
    }
    await expect(store.load(stalling(), { signal: stop.signal })).rejects.toThrow('stopped');
    await expect(store.load(chunksOf(archive))).resolves.toEqual(['Loaded image: app:latest']);
  });
});
