import { mkdir, open, readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pushBlob } from '@slipway/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { emptyStore } from '../testing/empty-store.ts';
import { blob, codesOf, EMPTY_JSON, indexOf, pushImage } from '../testing/manifest-fixtures.ts';
import { openTestRegistry, type TestRegistry } from '../testing/open-test-registry.ts';

const REPOSITORIES = ['team/one', 'team/two'];

let test: TestRegistry;

beforeAll(async () => {
  test = await openTestRegistry();
});

afterEach(async () => {
  await emptyStore(test);
  await rm(join(test.folder, 'quarantine'), { recursive: true });
  await mkdir(join(test.folder, 'quarantine'));
});

afterAll(async () => {
  await test[Symbol.asyncDispose]();
});

async function pushEverywhere(text: string) {
  const [first] = await Promise.all(REPOSITORIES.map((name) => pushImage(test.api, { repository: name, text, tag: 'v1' })));
  if (first === undefined) throw new Error('There is no repository to push to');
  return first;
}

async function flipByte(path: string): Promise<void> {
  await using file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, 2);
  await file.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, 2);
}

/** Changes the database behind the back of the registry. */
function damage(sql: string, ...values: (string | Uint8Array)[]): void {
  const database = new DatabaseSync(join(test.folder, 'slipway.db'), { timeout: 5000 });
  database.prepare(sql).run(...values);
  database.close();
}

async function statusOf(reference: string, kind: 'blob' | 'manifest'): Promise<number[]> {
  const ask = (name: string) => (kind === 'blob' ? test.api.headBlob(name, reference) : test.api.headManifest(name, reference));
  return (await Promise.all(REPOSITORIES.map(ask))).map((response) => response.status);
}

describe('verify()', () => {
  it('verify() of a whole store counts what it read and reports nothing', async () => {
    const { layer, image } = await pushEverywhere('whole');
    const bytes = layer.bytes.length + EMPTY_JSON.bytes.length + image.bytes.length;
    expect(await test.registry.verify({ quarantine: true })).toMatchObject({ blobs: 2, manifests: 1, bytes, damaged: [] });
    expect(await statusOf('v1', 'manifest')).toEqual([200, 200]);
  });

  it.each([
    ['a flipped byte', 'corrupt', flipByte],
    ['a lost end', 'corrupt', (path: string) => truncate(path, 3)],
    ['no file', 'missing', (path: string) => rm(path)],
  ] as const)('verify() finds a blob with %s, hides it, and one push heals it for every repository', async (_what, problem, harm) => {
    const { layer } = await pushEverywhere('harmed');
    const { digest } = layer.descriptor;
    await harm(test.fileOf(digest));
    const report = await test.registry.verify({ quarantine: true });
    expect(report.damaged).toEqual([{ digest, kind: 'blob', problem, repositories: REPOSITORIES }]);
    expect(await statusOf(digest, 'blob')).toEqual([404, 404]);
    expect(test.hasFile(digest)).toBe(false);
    expect((await readdir(join(test.folder, 'quarantine'))).length).toBe(problem === 'corrupt' ? 1 : 0);
    await pushBlob(test.api, 'team/two', layer);
    expect(await statusOf(digest, 'blob')).toEqual([200, 200]);
    expect((await test.api.getBlob('team/one', digest)).body).toEqual(layer.bytes);
    expect((await test.registry.verify({ quarantine: true })).damaged).toEqual([]);
  });

  it('verify() goes on reporting what a manifest needs until it is pushed again', async () => {
    const { layer } = await pushEverywhere('unhealed');
    const { digest } = layer.descriptor;
    await rm(test.fileOf(digest));
    await test.registry.verify({ quarantine: true });
    expect((await test.registry.verify({ quarantine: true })).damaged).toEqual([
      { digest, kind: 'blob', problem: 'missing', repositories: REPOSITORIES },
    ]);
  });

  it('verify() forgets a lost blob that no manifest needs', async () => {
    const content = blob('nobody needs it');
    await pushBlob(test.api, 'team/one', content);
    await rm(test.fileOf(content.descriptor.digest));
    expect((await test.registry.verify({ quarantine: true })).damaged.length).toBe(1);
    expect((await test.registry.verify({ quarantine: true })).damaged).toEqual([]);
  });

  it('verify() without quarantine only reports', async () => {
    const { layer } = await pushEverywhere('reported');
    await flipByte(test.fileOf(layer.descriptor.digest));
    const report = await test.registry.verify({ quarantine: false });
    expect(report).toMatchObject({ quarantined: false, damaged: [{ problem: 'corrupt' }] });
    expect(await statusOf(layer.descriptor.digest, 'blob')).toEqual([200, 200]);
    expect(test.hasFile(layer.descriptor.digest)).toBe(true);
  });

  it('verify() finds a manifest with other bytes, hides it even from who read it before, and one push heals it for every repository', async () => {
    const { image, digest } = await pushEverywhere('manifest');
    await test.api.getManifest('team/one', digest);
    damage('update manifest_contents set bytes = ? where digest = ?', Buffer.from('{}'), digest);
    const report = await test.registry.verify({ quarantine: true });
    expect(report.damaged).toEqual([{ digest, kind: 'manifest', problem: 'corrupt', repositories: REPOSITORIES }]);
    expect(await statusOf('v1', 'manifest')).toEqual([404, 404]);
    expect(await statusOf(digest, 'manifest')).toEqual([404, 404]);
    await test.api.pushManifest('team/two', digest, image);
    expect(await statusOf('v1', 'manifest')).toEqual([200, 200]);
    expect((await test.api.getManifest('team/one', 'v1')).body).toEqual(image.bytes);
    expect((await test.registry.verify({ quarantine: true })).damaged).toEqual([]);
  });

  it('verify() finds a manifest without bytes, and a push heals it', async () => {
    const { image, digest } = await pushEverywhere('row gone');
    damage('delete from manifest_contents where digest = ?', digest);
    expect((await test.registry.verify({ quarantine: true })).damaged).toEqual([
      { digest, kind: 'manifest', problem: 'missing', repositories: REPOSITORIES },
    ]);
    expect(await statusOf(digest, 'manifest')).toEqual([404, 404]);
    await test.api.pushManifest('team/one', 'v1', image);
    expect((await test.registry.verify({ quarantine: true })).damaged).toEqual([]);
  });

  it('a manifest without bytes cannot be a child of a new index, and can be deleted', async () => {
    const { image, digest } = await pushEverywhere('deletable');
    damage('delete from manifest_contents where digest = ?', digest);
    const index = indexOf([image.descriptor]);
    expect(codesOf(await test.api.putManifest('team/one', 'index', index))).toEqual(['MANIFEST_BLOB_UNKNOWN']);
    for (const name of REPOSITORIES) expect((await test.api.deleteManifest(name, digest)).status).toBe(202);
    expect((await test.registry.verify({ quarantine: true })).damaged).toEqual([]);
  });

  it('garbage collection after a quarantine keeps what manifests need, for the push that heals', async () => {
    const { layer } = await pushEverywhere('collected');
    await flipByte(test.fileOf(layer.descriptor.digest));
    await test.registry.verify({ quarantine: true });
    await test.clock.advance(1_000_000);
    await test.collect();
    await pushBlob(test.api, 'team/one', layer);
    expect(await statusOf(layer.descriptor.digest, 'blob')).toEqual([200, 200]);
  });

  it('verify() ends with the reason of its signal', async () => {
    await pushEverywhere('aborted');
    const reason = new Error('no longer wanted');
    await expect(test.registry.verify({ quarantine: true }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
