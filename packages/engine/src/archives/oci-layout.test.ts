import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parseReference } from '@slipway/oci';
import { blobOf, buildImage, buildIndex, openTempFolder, type TempFolder, writeOciLayout } from '@slipway/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeLoadEvent } from './load-archive.ts';
import { loadLayout } from './load-layout.ts';
import { createLayout, openLayout } from './oci-layout.ts';
import { writeLayout } from './save-layout.ts';
import { type ArchiveStore, collect, descriptorOf, openArchiveStore } from './testing/archive-store.ts';

const one = buildImage({ layers: [[{ path: 'one', content: '1' }]] });
const two = buildImage({ layers: [[{ path: 'two', content: '2' }]] });
const app = parseReference('app:1');

let folder: TempFolder;
let store: ArchiveStore;
beforeEach(async () => {
  folder = await openTempFolder('slipway-layout-');
  store = await openArchiveStore();
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const loaded = async (path: string, reference?: string) => {
  const options = { ...store.loadOptions, ...(reference === undefined ? {} : { reference }) };
  return (await collect(loadLayout(path, options))).map(describeLoadEvent);
};

describe('openLayout()', () => {
  test('refuses a folder that is no layout', async () => {
    await expect(openLayout(folder.path)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    await expect(openLayout(join(folder.path, 'nowhere'))).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
  });

  test('resolves tags, whole names, digests, and the only image', async () => {
    await writeOciLayout(folder.path, one, 'v1');
    const layout = await openLayout(folder.path);
    const writer = await createLayout(folder.path);
    const expected = descriptorOf(one.manifest.descriptor);
    expect(await layout.resolve()).toEqual(expected);
    expect(await layout.resolve('v1')).toEqual(expected);
    expect(await layout.resolve(expected.digest)).toEqual(expected);
    await expect(layout.resolve('v2')).rejects.toMatchObject({ code: 'ARCHIVE_IMAGE_UNKNOWN' });
    await writer.add({ descriptor: descriptorOf(two.manifest.descriptor), reference: 'docker.io/library/app:1' });
    expect((await layout.resolve('app:1')).digest).toBe(two.manifest.descriptor.digest);
    await expect(layout.resolve()).rejects.toMatchObject({ code: 'ARCHIVE_IMAGE_UNKNOWN' });
  });

  test('reads manifests and blobs from an offset, and notices damage', async () => {
    await writeOciLayout(folder.path, one, 'v1');
    const layout = await openLayout(folder.path);
    const { descriptor, bytes } = one.manifest;
    expect(await layout.readManifest(descriptorOf(descriptor).digest)).toMatchObject({ bytes, mediaType: descriptor.mediaType });
    const stream = await layout.openBlob(descriptorOf(descriptor), { offset: 10 });
    expect(Buffer.concat(await stream.toArray()).equals(bytes.subarray(10))).toBe(true);
    const end = await layout.openBlob(descriptorOf(descriptor), { offset: descriptor.size });
    expect(await end.toArray()).toEqual([]);
    const path = join(folder.path, 'blobs', descriptor.digest.replace(':', '/'));
    await writeFile(path, Buffer.alloc(bytes.length));
    await expect(layout.readManifest(descriptorOf(descriptor).digest)).rejects.toMatchObject({ code: 'CONTENT_CORRUPT' });
    await writeFile(path, 'short');
    await expect(layout.openBlob(descriptorOf(descriptor))).rejects.toMatchObject({ code: 'CONTENT_CORRUPT' });
    await expect(layout.openBlob(descriptorOf(two.manifest.descriptor))).rejects.toMatchObject({ code: 'CONTENT_MISSING' });
  });

  test('takes a folder in the place of a blob for absent', async () => {
    await createLayout(folder.path);
    const layout = await openLayout(folder.path);
    await mkdir(join(folder.path, 'blobs', one.config.descriptor.digest.replace(':', '/')));
    expect(await layout.has(descriptorOf(one.config.descriptor))).toBe(false);
    await symlink('/dev/zero', join(folder.path, 'blobs', two.config.descriptor.digest.replace(':', '/')));
    await expect(layout.openBlob(descriptorOf(two.config.descriptor))).rejects.toMatchObject({ code: 'CONTENT_MISSING' });
  });
});

describe('createLayout()', () => {
  test('keeps nothing of a blob that is not what it should be', async () => {
    const layout = await createLayout(folder.path);
    const blob = blobOf(Buffer.from('right'));
    for (const wrong of ['wrong', 'right and more', 'rig']) {
      await expect(layout.write(descriptorOf(blob.descriptor), Readable.from([Buffer.from(wrong)]))).rejects.toMatchObject({
        code: 'ARCHIVE_BLOB_MISMATCH',
      });
    }
    expect(await readdir(join(folder.path, 'blobs/sha256'))).toEqual([]);
    expect((await readdir(folder.path)).toSorted()).toEqual(['blobs', 'index.json', 'oci-layout']);
    await layout.write(descriptorOf(blob.descriptor), Readable.from([blob.bytes]));
    expect(await layout.has(descriptorOf(blob.descriptor))).toBe(true);
  });

  test('keeps what others wrote into index.json, and moves a reference', async () => {
    await writeOciLayout(folder.path, one, 'v1');
    const path = join(folder.path, 'index.json');
    const before = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...before, annotations: { note: 'kept' } }));
    const layout = await createLayout(folder.path);
    await Promise.all(['v2', 'v1'].map((reference) => layout.add({ descriptor: descriptorOf(two.manifest.descriptor), reference })));
    const after = JSON.parse(await readFile(path, 'utf8'));
    expect(after.annotations).toEqual({ note: 'kept' });
    expect((await (await openLayout(folder.path)).list()).map(({ descriptor }) => descriptor.digest)).toEqual([
      two.manifest.descriptor.digest,
      two.manifest.descriptor.digest,
    ]);
  });
});

describe('writeLayout()', () => {
  test('adds images to a layout that is there, and loadLayout() reads them back', async () => {
    const index = buildIndex([one]);
    for (const [fixture, name] of [
      [index, 'app:1'],
      [two, 'app:2'],
    ] as const) {
      const target = await store.put(fixture);
      const manifest = descriptorOf((fixture === index ? one : two).manifest.descriptor);
      await writeLayout(folder.path, { content: store.content, images: [{ target, manifest, names: [parseReference(name)] }] });
    }
    expect(await loaded(folder.path)).toEqual(['Loaded image: app:1', 'Loaded image: app:2']);
    expect(store.received.map(({ id }) => id)).toEqual([one.config.descriptor.digest, two.config.descriptor.digest]);
    expect(store.received[0]?.target?.digest).toBe(index.manifest.descriptor.digest);
    expect(await loaded(folder.path, 'app:2')).toEqual(['Loaded image: app:2']);
    expect(store.received[0]?.names).toEqual([app]);
  });
});

describe('loadLayout()', () => {
  test('says which blob is missing or damaged', async () => {
    await writeOciLayout(folder.path, one, 'v1');
    const { digest, size } = one.layers[0]?.descriptor ?? { digest: '', size: 0 };
    await writeFile(join(folder.path, 'blobs', digest.replace(':', '/')), Buffer.alloc(size, 1));
    await expect(loaded(folder.path)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    await writeFile(join(folder.path, 'blobs', digest.replace(':', '/')), 'cut');
    await expect(loaded(folder.path)).rejects.toMatchObject({ code: 'ARCHIVE_INCOMPLETE' });
    expect(store.received).toEqual([]);
  });
});
