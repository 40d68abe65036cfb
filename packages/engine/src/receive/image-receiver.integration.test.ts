import { readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { systemClock } from '@slipway/base/node';
import { type Descriptor, parseReference } from '@slipway/oci';
import { buildImage, buildTar, type FixtureBlob, type FixtureImage, type LayerEntry, openTempFolder, sha256Of } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, openEngine } from '../engine.ts';
import type { ImageRecord } from '../images/image-record.ts';
import type { Lease } from '../leases/lease.ts';
import type { FinishOptions, ImageReceiver } from './image-receiver.ts';

const NAME = parseReference('app:1');
let engine: Engine;
let folder: Awaited<ReturnType<typeof openTempFolder>>;

beforeAll(async () => {
  folder = await openTempFolder('slipway-receive-');
  const worker = new URL('../snapshots/testing/worker.ts', import.meta.url);
  engine = await openEngine({ home: folder.path, clock: systemClock, searchPath: process.env['PATH'] ?? '', worker });
});

afterAll(async () => {
  await (await engine.workers()).run('removeTree', { folder: engine.home.snapshots });
  await engine[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

describe('ImageReceiver', () => {
  it('finish() makes an image whose layers show as they were packed', async () => {
    const image = buildImage({
      layers: [
        [
          { path: 'etc/' },
          { path: 'etc/a', content: 'one' },
          { path: 'gone', content: 'x' },
          { path: 'old/' },
          { path: 'old/file', content: 'x' },
        ],
        [
          { path: 'etc/', mode: 0o700 },
          { path: 'etc/b', content: 'two' },
        ],
        [{ path: '.wh.gone' }, { path: '.wh.never' }, { path: 'old/' }, { path: 'old/.wh..wh..opq' }, { path: 'old/new', content: 'n' }],
      ],
    });
    const record = await receive(image);
    expect(record).toMatchObject({ id: image.config.descriptor.digest, names: [{ repository: 'docker.io/library/app', tag: '1' }] });
    expect(await listOf(record)).toBe('etc d700\netc/a f644\netc/b f644\nold d755\nold/new f644\n');
    const chain = (await engine.snapshots()).openChain(record.layers.map(({ diffId }) => diffId));
    expect(chain.layers.map((layer) => layer?.key.split(':')[0])).toEqual(['diff', 'diff', 'chain']);
  });

  it('finish() takes missing parents and links from the layers below', async () => {
    const image = buildImage({
      layers: [
        [
          { path: 'tmp/', mode: 0o1777 },
          { path: 'tmp/a', content: 'one' },
        ],
        [{ path: 'tmp/b', type: 'hardlink', linkTarget: 'tmp/a' }],
        [{ path: 'tmp/c', content: 'three' }],
      ],
    });
    const record = await receive(image);
    expect(await listOf(record)).toBe('tmp d1777\ntmp/a f644\ntmp/b f644\ntmp/c f644\n');
  });

  it('finish() drops whiteouts of the lowest layer, takes empty layers, and the same layer twice', async () => {
    const twice: LayerEntry[] = [{ path: 'a', content: 'a' }];
    const record = await receive(buildImage({ layers: [[{ path: 'x/' }, { path: 'x/.wh.y' }], twice, [], twice] }));
    expect(await listOf(record)).toBe('a f644\nx d755\n');
    expect(await listOf(await receive(buildImage({ layers: [] })))).toBe('');
  });

  it('finish() says which layer is not the one that the config names, and keeps nothing', async () => {
    const image = buildImage({ layers: [[{ path: 'one', content: '1' }], [{ path: 'two', content: '2' }]] });
    const other = buildImage({ layers: [[{ path: 'one', content: '1' }], [{ path: 'two', content: 'other' }]] });
    const broken: FixtureImage = {
      ...image,
      manifest: manifestWith(
        image,
        other.layers.map((layer) => layer.descriptor),
      ),
      layers: other.layers,
    };
    const before = readdirSync(engine.home.snapshots);
    await expect(receive(broken)).rejects.toMatchObject({ code: 'LAYER_MISMATCH', details: { position: 1 } });
    expect(readdirSync(engine.home.snapshots)).toEqual(before);
  });

  it('finish() refuses layers that are no tars, and has() what only artifacts have', async () => {
    await expect(receive(buildImage({ layers: [Buffer.from('no tar at all')] }))).rejects.toMatchObject({ kind: 'invalid' });
    await withReceiver(async (receiver) => {
      const descriptor = { ...described(buildImage({ layers: [] }).config), mediaType: 'application/vnd.cncf.helm.config.v1+json' };
      await expect(receiver.has(descriptor)).rejects.toThrow('unsupported media type application/vnd.cncf.helm.config.v1+json');
    });
  });

  it('write() of a broken transfer leaves neither content nor files', async () => {
    const [layer] = buildImage({ layers: [[{ path: 'big', content: 'x'.repeat(100_000) }]], compression: 'none' }).layers;
    if (layer === undefined) throw new Error('no layer');
    const before = readdirSync(engine.home.snapshots);
    await withReceiver(async (receiver) => {
      const cut = Readable.from(
        (async function* () {
          yield layer.bytes.subarray(0, 5000);
          throw new Error('connection lost');
        })(),
      );
      await expect(receiver.write(described(layer), cut)).rejects.toThrow('connection lost');
      expect(await receiver.has(described(layer))).toBe(false);
    });
    expect(readdirSync(engine.home.snapshots)).toEqual(before);
  });

  it('finish() of an image that is there unpacks nothing again', async () => {
    const image = buildImage({ layers: [buildTar([{ path: 'again', content: 'again' }])] });
    const first = await receive(image);
    const before = readdirSync(engine.home.snapshots);
    expect(await receive(image)).toEqual(first);
    expect(readdirSync(engine.home.snapshots)).toEqual(before);
  });
});

async function receive(image: FixtureImage): Promise<ImageRecord> {
  return await withReceiver(async (receiver) => {
    for (const blob of [...image.layers, image.config, image.manifest]) {
      const descriptor = described(blob);
      if (!(await receiver.has(descriptor))) await receiver.write(descriptor, Readable.from([blob.bytes], { objectMode: false }));
    }
    const options: FinishOptions = { manifest: described(image.manifest), names: [NAME], digests: [] };
    return await receiver.finish(options);
  });
}

async function withReceiver<T>(work: (receiver: ImageReceiver, lease: Lease) => Promise<T>): Promise<T> {
  await using lease = await engine.leases.open('test');
  await using receiver = await engine.receive({ lease });
  return await work(receiver, lease);
}

async function listOf(record: ImageRecord): Promise<string> {
  const mounts = await (await engine.snapshots()).view(record.layers.map(({ diffId }) => diffId));
  const command = ['sh', '-c', "find . -mindepth 1 -printf '%P %y%m\\n' | LC_ALL=C sort"] as const;
  const target = engine.home.trash;
  const outcome = await (await engine.workers()).run('runMounted', {
    mounts,
    target,
    command: [...command],
    environment: { PATH: '/usr/bin:/bin' },
  });
  return outcome.stdout;
}

function manifestWith(image: FixtureImage, layers: readonly unknown[]): FixtureBlob {
  const value = { ...(JSON.parse(image.manifest.bytes.toString()) as object), layers };
  const bytes = Buffer.from(JSON.stringify(value));
  return { bytes, descriptor: { ...image.manifest.descriptor, digest: sha256Of(bytes), size: bytes.length } };
}

function described({ descriptor }: FixtureBlob): Descriptor {
  return descriptor as unknown as Descriptor;
}
