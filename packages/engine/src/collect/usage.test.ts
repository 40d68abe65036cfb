import { parseReference } from '@slipway/oci';
import { expect, test } from 'vitest';
import { addTestImage, openTestHome } from '../images/testing/open-test-home.ts';
import { usage } from './usage.ts';

test('usage() counts shared layers once', async () => {
  await using at = await openTestHome();
  const one = await addTestImage(at, { layers: ['base layer', 'one'], names: [parseReference('one')] });
  const three = await addTestImage(at, { layers: ['base layer', 'three'], names: [parseReference('three')] });
  const user = { user: 'c1', description: 'web', isRunning: false };
  await at.images.use(three.id, user);
  await at.state.write((tx) => {
    const sql = "INSERT INTO snapshot (id, key, kind, medium, size_bytes, created_at_ms) VALUES (?, ?, 'committed', 'copy', ?, 0)";
    tx.run(sql, 'a', `chain:${one.layers[0]?.chainId}`, 10);
    tx.run(sql, 'b', `diff:sha256:${'0'.repeat(64)}`, 7);
  });
  const found = await usage(at);
  expect(
    found.images.map(({ image, sizeBytes, sharedBytes, uniqueBytes, users }) => [image.id, sizeBytes, sharedBytes, uniqueBytes, users]),
  ).toEqual(
    expect.arrayContaining([
      [one.id, 13, 10, 3, []],
      [three.id, 15, 10, 5, [user]],
    ]),
  );
  expect(found).toMatchObject({
    layersBytes: 18,
    reclaimableBytes: 3,
    contentCount: 7,
    snapshotCount: 2,
    snapshotBytes: 17,
    unneededSnapshotCount: 1,
    unneededSnapshotBytes: 7,
  });
  expect(found.contentBytes).toBeGreaterThan(0);
});

test('usage() of a new home is nothing', async () => {
  await using at = await openTestHome();
  expect(await usage(at)).toMatchObject({ images: [], layersBytes: 0, contentBytes: 0, snapshotBytes: 0 });
});
