import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, parseReference } from '@slipway/oci';
import { expect, test } from 'vitest';
import { addTestImage, descriptorOf, openTestHome, type TestHome, testImage } from '../images/testing/open-test-home.ts';
import { makeSnapshotFolder } from '../snapshots/snapshot-folders.ts';
import { insertActive } from '../snapshots/snapshot-rows.ts';

const ID = '0123456789abcdefghijklmnop';

async function addSnapshot(at: TestHome, id: string, key?: string): Promise<void> {
  await at.state.write((tx) => {
    insertActive(tx, { id, medium: 'overlay', createdAtMs: at.clock.now() });
    if (key !== undefined) tx.run("UPDATE snapshot SET kind = 'committed', key = ? WHERE id = ?", key, id);
  });
  makeSnapshotFolder(at.home, id);
}

test('collect() frees exactly what went with an image', async () => {
  await using at = await openTestHome();
  const one = await addTestImage(at, { layers: ['base', 'one'], names: [parseReference('one')], hasIndex: true });
  const two = await addTestImage(at, { layers: ['base', 'two'], names: [parseReference('two')] });
  expect(await at.collect()).toMatchObject({ contentCount: 0 });
  await at.images.remove('one');
  // Its config, manifest, index and upper layer.
  expect(await at.collect()).toMatchObject({ contentCount: 4 });
  expect(await at.content.stat(one.id)).toBeUndefined();
  await at.images.readConfig(two);
  const { image } = testImage({ layers: ['base', 'two'] });
  for (const layer of image.layers) expect(await at.content.stat(descriptorOf(layer).digest)).toBeDefined();
  expect(readdirSync(at.home.trash)).toEqual([]);
});

test('collect() keeps an index as long as a name stands for it, and what is named by digest', async () => {
  await using at = await openTestHome();
  const options = { layers: ['one'], hasIndex: true };
  const index = descriptorOf(testImage(options).index).digest;
  await addTestImage(at, { ...options, names: [parseReference('app')], digests: [{ repository: 'docker.io/library/app', digest: index }] });
  await addTestImage(at, { layers: ['two'], names: [parseReference('app')] });
  await at.collect();
  expect(await at.content.stat(index)).toBeDefined();
  await at.images.remove(`app@${index}`);
  await at.collect();
  expect(await at.content.stat(index)).toBeUndefined();
});

test('collect() drops snapshots that are no layer of an image, and spares active, held and young ones', async () => {
  await using at = await openTestHome();
  const image = await addTestImage(at, { layers: ['base', 'one'], names: [parseReference('one')] });
  await using lease = await at.leases.open('build');
  const ids = ['a', 'b', 'c', 'd', 'e'].map((letter, i) => `${i}${letter.repeat(25)}`);
  const [byChain = '', byDiff = '', held = '', active = '', nobodys = ''] = ids;
  await addSnapshot(at, byChain, `chain:${image.layers[1]?.chainId}`);
  await addSnapshot(at, byDiff, `diff:${image.layers[0]?.diffId}`);
  await lease.holdSnapshot(held);
  await addSnapshot(at, held, `chain:sha256:${'1'.repeat(64)}`);
  await addSnapshot(at, active);
  await addSnapshot(at, nobodys, `chain:sha256:${'2'.repeat(64)}`);
  expect(await at.collect({ keepYoungerMs: 60_000 })).toMatchObject({ snapshotCount: 0 });
  expect(await at.collect()).toMatchObject({ snapshotCount: 1 });
  expect(readdirSync(at.home.snapshots).sort()).toEqual([byChain, byDiff, held, active, 'l'].sort());
  expect(readdirSync(at.home.links)).toHaveLength(4);
  await at.images.remove('one');
  expect(await at.collect()).toMatchObject({ snapshotCount: 2 });
});

test('cleanUp() takes what a dead lease left, and leaves what is not its own', async () => {
  await using at = await openTestHome();
  const lease = await at.leases.open('pull');
  await lease.holdSnapshot(ID);
  await addSnapshot(at, ID);
  const file = await at.content.createFile({ lease });
  const foreign = join(at.home.content, 'uploads/not-ours');
  writeFileSync(foreign, '');
  expect(await at.cleanUp()).toEqual({ deadLeases: 0, uploads: 0, snapshots: 0 });
  // As after kill -9 on a machine that lost the file in the same moment.
  rmSync(join(at.home.leases, lease.id));
  expect(await at.cleanUp()).toEqual({ deadLeases: 1, uploads: 1, snapshots: 1 });
  expect([existsSync(file.path), existsSync(foreign)]).toEqual([false, true]);
  expect(at.state.all('SELECT * FROM snapshot')).toEqual([]);
  expect(readdirSync(at.home.snapshots)).toEqual(['l']);
});

test('cleanUp() keeps what was downloaded before a kill, for the next try', async () => {
  await using at = await openTestHome();
  const lease = await at.leases.open('pull');
  const { digest } = await at.content.put(Buffer.from('a layer'), { lease });
  rmSync(join(at.home.leases, lease.id));
  expect((await at.cleanUp()).deadLeases).toBe(1);
  expect(await at.content.stat(digest)).toBeDefined();
  await at.collect();
  expect(await at.content.stat(digest)).toBeUndefined();
});

test('a disposed lease takes its active snapshots along', async () => {
  await using at = await openTestHome();
  const lease = await at.leases.open('pull');
  await lease.holdSnapshot(ID);
  await addSnapshot(at, ID);
  await lease[Symbol.asyncDispose]();
  expect(await at.cleanUp()).toEqual({ deadLeases: 0, uploads: 0, snapshots: 1 });
});

test('collect() sees an image whose content is gone already', async () => {
  await using at = await openTestHome();
  const image = await addTestImage(at, { layers: ['one'], names: [parseReference('one')] });
  rmSync(at.content.pathOf(image.id));
  await expect(at.images.readConfig(image)).rejects.toMatchObject({ code: 'CONTENT_MISSING' });
  expect(await at.images.remove('one')).toContainEqual({ kind: 'deleted', digest: image.layers[0]?.chainId as Digest });
  expect(await at.collect()).toMatchObject({ contentCount: 2 });
});
