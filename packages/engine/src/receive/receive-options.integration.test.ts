import { readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { buildImage, type FixtureBlob, type FixtureImage, type LayerEntry, randomBlob, sha256Of } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finish, openReceivingHome, type ReceivingHome, writeBlob } from './testing/receiving-home.ts';

const LIST = `find . -mindepth 1 \\( -type d -printf '%P %y%m %U:%G %T@\\n' -o -printf '%P %y%m %U:%G %s %T@ %n %l\\n' \\) | sort
find . -type f -exec sha256sum {} + | sort`;
const CHANGED = 1_700_000_000;

let home: ReceivingHome;
beforeAll(async () => {
  home = await openReceivingHome();
});
afterAll(async () => await home[Symbol.asyncDispose]());

describe('ImageReceiver', () => {
  it('of platform all unpacks nothing before finish() says which image it is for', async () => {
    const [ours, theirs] = ['ours', 'theirs'].map((path) => buildImage({ layers: [[{ path, content: path }]] })) as [
      FixtureImage,
      FixtureImage,
    ];
    const before = snapshotsOf(home);
    const record = await home.withReceiver({ platform: 'all' }, async (receiver) => {
      for (const image of [theirs, ours])
        for (const blob of [...image.layers, image.config, image.manifest]) await writeBlob(receiver, blob);
      expect(snapshotsOf(home)).toEqual(before);
      return await finish(receiver, ours);
    });
    expect(snapshotsOf(home)).toHaveLength(before.length + 1);
    expect(await home.look(record, 'ls')).toBe('ours\n');
  });

  it('without unpacking makes an image that finish() of another one unpacks', async () => {
    const image = buildImage({ layers: [[{ path: 'later', content: 'x' }]] });
    const before = snapshotsOf(home);
    const record = await home.receive(image, { unpack: false });
    expect(snapshotsOf(home)).toEqual(before);
    await expect(home.look(record, 'ls')).rejects.toMatchObject({ code: 'SNAPSHOT_MISSING' });
    const again = await home.receive(image);
    expect(again.id).toBe(record.id);
    expect(await home.look(again, 'ls')).toBe('later\n');
  });

  it('says of a layer that is kept outside the registry that it is', async () => {
    const image = buildImage({ layers: [[{ path: 'foreign', content: 'x' }]] });
    const foreign = withLayerType(image, 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip');
    await home.withReceiver({}, async (receiver) => {
      for (const blob of [foreign.config, foreign.manifest]) await writeBlob(receiver, blob);
      await expect(finish(receiver, foreign)).rejects.toMatchObject({
        code: 'LAYER_FOREIGN',
        kind: 'unsupported',
        message: expect.stringContaining('kept outside the registry'),
      });
    });
  });

  it('unpacks a layer while it trickles in', async () => {
    const content = randomBlob(100_000, 'trickle');
    const entries: LayerEntry[] = Array.from({ length: 40 }, (_, number) => ({ path: `file-${number}`, content }));
    const image = buildImage({ layers: [entries, [{ path: 'small', content: 'x' }]], compression: 'none' });
    const [slow, quick] = image.layers as [FixtureBlob, FixtureBlob];
    const before = new Set(snapshotsOf(home));
    let seen = 0;
    const record = await home.withReceiver({}, async (receiver) => {
      const arriving = writeBlob(
        receiver,
        slow,
        trickle(slow.bytes, () => (seen = Math.max(seen, ...snapshotsOf(home).map((id) => (before.has(id) ? 0 : filesOf(id)))))),
      );
      await writeBlob(receiver, quick);
      await arriving;
      for (const blob of [image.config, image.manifest]) await writeBlob(receiver, blob);
      return await finish(receiver, image);
    });
    expect(seen).toBeGreaterThan(10);
    expect(await home.look(record, 'ls | wc -l')).toBe('41\n');
  });

  it('gives a layer up whose source stands still and is then aborted', async () => {
    const image = buildImage({ layers: [[{ path: 'never', content: randomBlob(100_000, 'never') }]] });
    const [layer] = image.layers as [FixtureBlob];
    const before = snapshotsOf(home);
    const abort = new AbortController();
    await home.withReceiver({ signal: abort.signal }, async (receiver) => {
      const source = new Readable({ read: () => undefined });
      source.push(layer.bytes.subarray(0, 10_000));
      const arriving = writeBlob(receiver, layer, source);
      setTimeout(() => {
        abort.abort(new Error('enough'));
        source.destroy(new Error('enough'));
      }, 300);
      await expect(arriving).rejects.toThrow('enough');
    });
    expect(snapshotsOf(home)).toEqual(before);
    expect(readdirSync(`${home.engine.home.content}/uploads`)).toEqual([]);
  });
});

describe('ImageReceiver with copies', () => {
  it.skipIf(process.geteuid?.() !== 0)(
    'makes the trees that overlay shows (SKIPPED unless root: others have no trusted attributes)',
    async () => {
      const image = buildImage({ layers: [lowLayer(), middleLayer(), highLayer()] });
      await using copies = await openReceivingHome({ snapshotter: 'copy' });
      const [copied, overlaid] = [await copies.receive(image), await home.receive(image)];
      expect(await copies.engine.snapshotter()).toMatchObject({ medium: 'copy' });
      expect(await home.engine.snapshotter()).toMatchObject({ medium: 'overlay', xattrs: 'trusted' });
      const tree = await home.look(overlaid, LIST);
      expect(tree.split('\n').length).toBeGreaterThan(15);
      expect(await copies.look(copied, LIST)).toBe(tree);
      expect(copied).toEqual(overlaid);
      const chain = (await copies.engine.snapshots()).openChain(copied.layers.map(({ diffId }) => diffId));
      expect(chain.layers.map((layer) => layer?.key.split(':')[0])).toEqual(['chain', 'chain', 'chain']);
    },
  );
});

function lowLayer(): LayerEntry[] {
  return [
    { path: 'etc/', mode: 0o750, uid: 1, gid: 2 },
    { path: 'etc/kept', content: 'kept', mode: 0o4755, uid: 3 },
    { path: 'etc/gone', content: 'x' },
    { path: 'opaque/' },
    { path: 'opaque/below/' },
    { path: 'opaque/below/file', content: 'x' },
    { path: 'tree/' },
    { path: 'tree/file', content: 'x' },
    { path: 'plain', content: 'file first' },
    { path: 'link', linkTarget: 'etc/kept' },
    { path: 'one', content: 'one', mtimeSeconds: CHANGED },
    { path: 'two', type: 'hardlink', linkTarget: 'one' },
    { path: 'closed/', mode: 0 },
  ];
}

function middleLayer(): LayerEntry[] {
  return [
    { path: 'etc/.wh.gone' },
    { path: 'etc/.wh.never' },
    { path: 'opaque/', mtimeSeconds: CHANGED },
    { path: 'opaque/.wh..wh..opq' },
    { path: 'opaque/new', content: 'n' },
    { path: '.wh.tree' },
    { path: 'plain/', mode: 0o700 },
    { path: 'plain/within', content: 'folder now' },
    { path: 'three', type: 'hardlink', linkTarget: 'etc/kept' },
  ];
}

function highLayer(): LayerEntry[] {
  return [
    { path: 'etc/late', content: 'without its folder', uid: 9 },
    { path: 'tree', content: 'a file now' },
    { path: '.wh.link' },
    { path: 'opaque/.wh.new' },
    { path: 'plain/.wh.within' },
    { path: 'closed/', mode: 0o711 },
    { path: 'closed/file', content: 'x', mtimeSeconds: CHANGED },
  ];
}

function snapshotsOf({ engine }: ReceivingHome): string[] {
  return readdirSync(engine.home.snapshots);
}

function filesOf(id: string): number {
  return readdirSync(`${home.engine.home.snapshots}/${id}/fs`).length;
}

/** A connection that brings a little now and then. `beforeLast` is called when nearly all is there. */
function trickle(bytes: Buffer, beforeLast: () => void): Readable {
  async function* pieces() {
    const pieceBytes = Math.ceil(bytes.length / 20);
    for (let offset = 0; offset < bytes.length; offset += pieceBytes) {
      await delay(60);
      if (offset + pieceBytes >= bytes.length) beforeLast();
      yield bytes.subarray(offset, offset + pieceBytes);
    }
  }
  return Readable.from(pieces(), { objectMode: false });
}

function withLayerType(image: FixtureImage, mediaType: string): FixtureImage {
  const manifest = JSON.parse(image.manifest.bytes.toString()) as { layers: object[] };
  const bytes = Buffer.from(JSON.stringify({ ...manifest, layers: manifest.layers.map((layer) => ({ ...layer, mediaType })) }));
  return { ...image, manifest: { bytes, descriptor: { ...image.manifest.descriptor, digest: sha256Of(bytes), size: bytes.length } } };
}
