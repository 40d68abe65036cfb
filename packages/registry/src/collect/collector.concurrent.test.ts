import { mountBlob, pushBlob } from '@slipway/testkit';
import { describe, expect, it } from 'vitest';
import { blob, codesOf, EMPTY_JSON, imageOf } from '../testing/manifest-fixtures.ts';
import { openTestRegistry, type TestRegistry } from '../testing/open-test-registry.ts';

const PUSHERS = 4;
const ROUNDS = 10;

interface Stored {
  readonly name: string;
  readonly image: ReturnType<typeof imageOf>;
  readonly layers: readonly ReturnType<typeof blob>[];
}

/** Pushes images of layers that others push too, as docker does: HEAD, then mount or upload what is missing, then the manifest. */
async function pushRounds(test: TestRegistry, pusher: number): Promise<Stored[]> {
  const name = `racing/r${pusher}`;
  const stored: Stored[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const layers = [blob(`shared ${round % 3}`), blob(`own ${pusher} ${round}`)];
    const image = imageOf({ layers: layers.map(({ descriptor }) => descriptor), annotations: { round: String(round) } });
    for (const content of [EMPTY_JSON, ...layers]) {
      const { digest } = content.descriptor;
      if ((await test.api.headBlob(name, digest)).status === 200) continue;
      if ((await mountBlob(test.api, name, digest)).status !== 201) await pushBlob(test.api, name, content);
    }
    const response = await test.api.putManifest(name, `t${round}`, image);
    if (response.status === 201) stored.push({ name, image, layers });
    else expect([response.status, ...new Set(codesOf(response))]).toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
  }
  return stored;
}

describe('garbage collection beside pushes', () => {
  it('with a grace period of 0 a push succeeds or hears MANIFEST_BLOB_UNKNOWN, and after the 201 everything stays', async () => {
    await using test = await openTestRegistry();
    const pushed = new AbortController();
    const collecting = (async () => {
      let runs = 0;
      for (; !pushed.signal.aborted; runs += 1) await test.collect();
      return runs;
    })();
    const stored = (await Promise.all(Array.from({ length: PUSHERS }, (_, pusher) => pushRounds(test, pusher)))).flat();
    pushed.abort();
    expect(await collecting).toBeGreaterThan(0);
    await test.collect();
    for (const { name, image, layers } of stored) {
      expect((await test.api.getManifest(name, image.descriptor.digest)).body).toEqual(image.bytes);
      for (const content of [EMPTY_JSON, ...layers]) {
        expect((await test.api.getBlob(name, content.descriptor.digest)).body).toEqual(content.bytes);
      }
    }
    const report = await test.registry.verify({ quarantine: false });
    expect(report.damaged).toEqual([]);
  });

  it('a run and pushes of the very blob that it frees never leave a record without its file', async () => {
    await using test = await openTestRegistry();
    const content = blob('freed and pushed');
    for (let round = 0; round < 8; round += 1) {
      await pushBlob(test.api, 'racing/same', content);
      await Promise.all([test.collect(), pushBlob(test.api, 'racing/same', content), test.collect()]);
      const isThere = (await test.api.headBlob('racing/same', content.descriptor.digest)).status === 200;
      expect(test.hasFile(content.descriptor.digest)).toBe(isThere);
      expect((await test.registry.statistics()).blobs).toBe(isThere ? 1 : 0);
    }
  });
});
