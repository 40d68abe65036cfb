import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { systemClock } from '@slipway/base/node';
import { type Descriptor, type Digest, MEDIA_TYPES, parseManifest } from '@slipway/oci';
import { chainIdsOf, computeLayer } from '@slipway/oci/node';
import { openTempFolder } from '@slipway/testkit';
import { describe, expect, it } from 'vitest';
import { type Engine, openEngine } from '../engine.ts';
import type { ImageRecord } from '../images/image-record.ts';
import type { Lease } from '../leases/lease.ts';
import type { SnapshotMedium } from '../snapshots/snapshotter.ts';

type TestEngine = Engine & { readonly folder: string };

async function openTestEngine(snapshotter: SnapshotMedium): Promise<AsyncDisposable & { readonly engine: TestEngine }> {
  const folder = await openTempFolder('slipway-pack-');
  const worker = new URL('../worker/testing/worker-entry.ts', import.meta.url);
  const options = { home: folder.path, clock: systemClock, searchPath: process.env['PATH'] ?? '', worker, snapshotter };
  const engine = await openEngine(options);
  return {
    engine: Object.assign(engine, { folder: folder.path }),
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** An image that has files alone, as a build without export leaves it: each layer has a file of its own and changes one that all have. */
async function addUnpackedImage(engine: TestEngine, count: number): Promise<ImageRecord> {
  await using lease = await engine.leases.open('test');
  const diffIds: Digest[] = [];
  for (let position = 0; position < count; position++) diffIds.push(await addLayer(engine, diffIds, lease));
  const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: diffIds } };
  const stored = await engine.content.put(Buffer.from(JSON.stringify(config)), { lease });
  const layerSizes = new Map(diffIds.map((diffId) => [diffId, 1000] as const));
  return await engine.images.add({ lease, config: stored, manifests: [], names: [], digests: [], layerSizes });
}

async function addLayer(engine: TestEngine, below: readonly Digest[], lease: Lease): Promise<Digest> {
  const snapshots = await engine.snapshots();
  const active = await snapshots.prepare({ parents: below, lease });
  mkdirSync(join(active.folder, 'folder'), { recursive: true });
  writeFileSync(join(active.folder, 'folder/shared'), `layer ${below.length}`);
  writeFileSync(join(active.folder, `folder/own-${below.length}`), 'x'.repeat(1000));
  const base = snapshots.openChain(below).layers.at(-1)?.folder;
  const source =
    snapshots.medium === 'copy'
      ? ({ kind: 'compare', folder: active.folder, base } as const)
      : ({ kind: 'overlay', upper: active.folder, lowers: active.lowers, xattrs: snapshots.xattrs ?? 'trusted' } as const);
  const workers = await engine.workers();
  const input = { source, output: join(engine.folder, 'layer'), compression: { kind: 'none' } } as const;
  const { diffId, fileBytes } = await workers.run('diff', input);
  const chainId = chainIdsOf([...below, diffId]).at(-1) ?? diffId;
  await snapshots.commit(active, { diffId, chainId, sizeBytes: fileBytes });
  return diffId;
}

async function readLayers(engine: TestEngine, descriptor: Descriptor): Promise<readonly Descriptor[]> {
  const source = await engine.contentSource();
  const { bytes, mediaType } = await source.readManifest(descriptor.digest);
  expect(mediaType).toBe(descriptor.mediaType);
  const manifest = parseManifest(bytes, mediaType);
  return manifest.kind === 'image' ? manifest.layers : [];
}

async function diffIdsOf(engine: TestEngine, layers: readonly Descriptor[]): Promise<Digest[]> {
  const source = await engine.contentSource();
  return await Promise.all(layers.map(async (layer) => (await computeLayer(await source.openBlob(layer))).diffId));
}

const media: readonly SnapshotMedium[] = process.getuid?.() === 0 ? ['overlay', 'copy'] : ['copy'];

describe.each(media)('packImage() on %s', (medium) => {
  it('makes layers with the diffIds of the image, and the same manifest again', async () => {
    await using opened = await openTestEngine(medium);
    const { engine } = opened;
    const record = await addUnpackedImage(engine, 3);
    const [one, two] = await Promise.all([engine.pack(record), engine.pack(record)]);
    expect(two).toEqual(one);
    expect(one.mediaType).toBe(MEDIA_TYPES.ociManifest);
    expect(await diffIdsOf(engine, await readLayers(engine, one))).toEqual(record.layers.map(({ diffId }) => diffId));
    expect(engine.images.layerBlobs(record.layers.map(({ diffId }) => diffId))).toHaveLength(3);
    expect(engine.images.get(record.id)?.manifests).toEqual([one]);
    await engine.collect();
    expect(await engine.pack(engine.images.require(record.id))).toEqual(one);
  });
});

describe('packImage()', () => {
  it('names the same layers by docker types when they are asked for', async () => {
    await using opened = await openTestEngine('copy');
    const { engine } = opened;
    const record = await addUnpackedImage(engine, 2);
    const oci = await readLayers(engine, await engine.pack(record));
    const docker = await engine.pack(engine.images.require(record.id), { mediaTypes: 'docker' });
    expect(docker.mediaType).toBe(MEDIA_TYPES.dockerManifest);
    const layers = await readLayers(engine, docker);
    expect(layers.map(({ digest }) => digest)).toEqual(oci.map(({ digest }) => digest));
    expect(new Set(layers.map(({ mediaType }) => mediaType))).toEqual(new Set([MEDIA_TYPES.dockerLayerGzip]));
  });

  it('packs again in another compression only by force', async () => {
    await using opened = await openTestEngine('copy');
    const { engine } = opened;
    const record = await addUnpackedImage(engine, 1);
    const gzip = await engine.pack(record);
    const packed = engine.images.require(record.id);
    expect(await engine.pack(packed, { compression: { kind: 'zstd' } })).toEqual(gzip);
    const zstd = await engine.pack(packed, { compression: { kind: 'zstd' }, force: true });
    const layers = await readLayers(engine, zstd);
    expect(layers.map(({ mediaType }) => mediaType)).toEqual([MEDIA_TYPES.ociLayerZstd]);
    expect(await diffIdsOf(engine, layers)).toEqual(record.layers.map(({ diffId }) => diffId));
  });

  it('refuses files that are not those of the layer any more, and keeps nothing of them', async () => {
    await using opened = await openTestEngine('copy');
    const { engine } = opened;
    const record = await addUnpackedImage(engine, 1);
    const [layer] = (await engine.snapshots()).openChain(record.layers.map(({ diffId }) => diffId)).layers;
    appendFileSync(join(layer?.folder ?? '', 'folder/shared'), 'more');
    await expect(engine.pack(record)).rejects.toMatchObject({ code: 'LAYER_CHANGED' });
    expect(engine.images.layerBlobs(record.layers.map(({ diffId }) => diffId))).toEqual([]);
  });
});

describe('packImage() of an image that another call packs too', () => {
  it('goes on by itself when the other is aborted', async () => {
    await using opened = await openTestEngine('copy');
    const { engine } = opened;
    const record = await addUnpackedImage(engine, 1);
    const other = new AbortController();
    const workers = await engine.workers();
    const run = workers.run.bind(workers);
    workers.run = async (...job) => {
      if (!other.signal.aborted) {
        await setTimeout(50);
        other.abort(new Error('the other left'));
      }
      return await run(...job);
    };
    const [left, packed] = await Promise.allSettled([engine.pack(record, { signal: other.signal }), engine.pack(record)]);
    expect(left).toMatchObject({ status: 'rejected', reason: { message: 'the other left' } });
    expect(packed).toMatchObject({ status: 'fulfilled', value: { mediaType: MEDIA_TYPES.ociManifest } });
  });
});

describe('createContentSource()', () => {
  it('reads blobs from an offset and misses what is not there', async () => {
    await using opened = await openTestEngine('copy');
    const { engine } = opened;
    const source = await engine.contentSource();
    await using lease = await engine.leases.open('test');
    const stored = await engine.content.put(Buffer.from('0123456789'), { lease });
    const stream = await source.openBlob({ mediaType: 'text/plain', ...stored }, { offset: 7 });
    expect(Buffer.concat(await stream.toArray()).toString()).toBe('789');
    const missing = `sha256:${'0'.repeat(64)}` as Digest;
    await expect(source.readManifest(missing)).rejects.toMatchObject({ code: 'CONTENT_MISSING' });
  });

  it.each([
    [{ schemaVersion: 2, manifests: [] }, MEDIA_TYPES.ociIndex],
    [{ schemaVersion: 2, mediaType: MEDIA_TYPES.dockerManifestList, manifests: [] }, MEDIA_TYPES.dockerManifestList],
  ])('tells what %j is', async (document, mediaType) => {
    await using opened = await openTestEngine('copy');
    const { engine } = opened;
    await using lease = await engine.leases.open('test');
    const { digest } = await engine.content.put(Buffer.from(JSON.stringify(document)), { lease });
    expect((await (await engine.contentSource()).readManifest(digest)).mediaType).toBe(mediaType);
  });
});
