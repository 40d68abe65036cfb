import { rm, utimes, writeFile } from 'node:fs/promises';
import { mountBlob, pushBlob, startUpload } from '@slipway/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { emptyStore } from '../testing/empty-store.ts';
import { blob, digestOf, EMPTY_JSON, imageOf, indexOf, pushImage } from '../testing/manifest-fixtures.ts';
import { openTestRegistry, type TestRegistry, UPLOAD_EXPIRY_MS } from '../testing/open-test-registry.ts';

const GRACE_SECONDS = 3600;
const GRACE_MS = GRACE_SECONDS * 1000;
const APP = 'team/app';

let test: TestRegistry;

beforeAll(async () => {
  test = await openTestRegistry();
});

afterEach(async () => {
  await emptyStore(test);
});

afterAll(async () => {
  await test[Symbol.asyncDispose]();
});

function collect() {
  return test.collect({ graceSeconds: GRACE_SECONDS });
}

/** A file under the digest of its bytes, without a record. */
async function writeOrphan(): Promise<void> {
  const path = test.fileOf(digestOf('orphan'));
  await writeFile(path, 'orphan');
  await utimes(path, test.clock.now() / 1000, test.clock.now() / 1000);
}

describe('grace periods', () => {
  it('a blob that no manifest needs stays for its grace period, then goes from the repository and the disk', async () => {
    const content = blob('unneeded');
    const { digest } = content.descriptor;
    await pushBlob(test.api, APP, content);
    await test.clock.advance(GRACE_MS - 1);
    expect(await collect()).toMatchObject({ memberships: 0, blobs: 0, bytes: 0 });
    expect((await test.api.headBlob(APP, digest)).status).toBe(200);
    await test.clock.advance(GRACE_MS);
    expect(await collect()).toMatchObject({ memberships: 1, blobs: 1, bytes: content.bytes.length, orphans: 0 });
    expect((await test.api.headBlob(APP, digest)).status).toBe(404);
    expect(test.hasFile(digest)).toBe(false);
  });

  it('HEAD renews the promise (clients skip what they are told is there)', async () => {
    const content = blob('renewed');
    await pushBlob(test.api, APP, content);
    await test.clock.advance(GRACE_MS);
    expect((await test.api.headBlob(APP, content.descriptor.digest)).status).toBe(200);
    await test.clock.advance(GRACE_MS - 1);
    await collect();
    expect((await test.api.getBlob(APP, content.descriptor.digest)).body).toEqual(content.bytes);
  });

  it('a mount renews nothing in its source and promises in its target', async () => {
    const content = blob('mounted');
    const { digest } = content.descriptor;
    await pushBlob(test.api, APP, content);
    await test.clock.advance(GRACE_MS);
    expect((await mountBlob(test.api, 'team/other', digest, APP)).status).toBe(201);
    await test.clock.advance(GRACE_MS - 1);
    expect(await collect()).toMatchObject({ memberships: 1, blobs: 0 });
    expect((await test.api.headBlob(APP, digest)).status).toBe(404);
    expect((await test.api.getBlob('team/other', digest)).body).toEqual(content.bytes);
  });

  it('a deleted manifest leaves its blobs for a grace period', async () => {
    const { digest, layer } = await pushImage(test.api, { repository: APP, text: 'deleted', tag: 'v1' });
    await test.clock.advance(10 * GRACE_MS);
    await test.api.deleteManifest(APP, digest);
    expect(await collect()).toMatchObject({ memberships: 0, blobs: 0 });
    expect((await test.api.headBlob(APP, layer.descriptor.digest)).status).toBe(200);
    await test.clock.advance(GRACE_MS);
    expect(await collect()).toMatchObject({ memberships: 2, blobs: 2 });
    expect(test.hasFile(layer.descriptor.digest)).toBe(false);
  });

  it('a deleted blob leaves the repository at once and the disk after its grace period', async () => {
    const content = blob('blob deleted');
    const { digest } = content.descriptor;
    await pushBlob(test.api, APP, content);
    await test.clock.advance(10 * GRACE_MS);
    await test.api.deleteBlob(APP, digest);
    expect(await collect()).toMatchObject({ blobs: 0 });
    expect(test.hasFile(digest)).toBe(true);
    await test.clock.advance(GRACE_MS);
    expect(await collect()).toMatchObject({ blobs: 1, bytes: content.bytes.length });
    expect(test.hasFile(digest)).toBe(false);
  });

  it('a blob of two repositories goes from one and stays on disk for the other', async () => {
    const { layer, digest } = await pushImage(test.api, { repository: APP, text: 'shared', tag: 'v1' });
    await pushImage(test.api, { repository: 'team/other', text: 'shared', tag: 'v1' });
    await test.api.deleteManifest(APP, digest);
    await test.clock.advance(GRACE_MS);
    expect(await collect()).toMatchObject({ memberships: 2, blobs: 0, bytes: 0 });
    expect((await test.api.headBlob(APP, layer.descriptor.digest)).status).toBe(404);
    expect((await test.api.getBlob('team/other', layer.descriptor.digest)).body).toEqual(layer.bytes);
  });
});

describe('what is needed', () => {
  it('every manifest that nobody deleted keeps all it needs, tagged or not, for ever', async () => {
    const tagged = await pushImage(test.api, { repository: APP, text: 'tagged', tag: 'v1' });
    const untagged = await pushImage(test.api, { repository: APP, text: 'untagged' });
    const moved = await pushImage(test.api, { repository: APP, text: 'moved', tag: 'v2' });
    await pushImage(test.api, { repository: APP, text: 'moved to', tag: 'v2' });
    await test.clock.advance(1000 * GRACE_MS);
    expect(await test.collect()).toMatchObject({ manifests: 0, memberships: 0, blobs: 0, orphans: 0 });
    for (const { digest, image, layer } of [tagged, untagged, moved]) {
      expect((await test.api.getManifest(APP, digest)).body).toEqual(image.bytes);
      expect((await test.api.getBlob(APP, layer.descriptor.digest)).body).toEqual(layer.bytes);
    }
  });

  it('blobs that an index lists stay (BuildKit cache), and so do referrers', async () => {
    const cached = blob('cached');
    await pushBlob(test.api, APP, cached);
    await test.api.pushManifest(APP, 'cache', indexOf([cached.descriptor]));
    const { image } = await pushImage(test.api, { repository: APP, text: 'subject', tag: 'v1' });
    const payload = blob('signature');
    await pushBlob(test.api, APP, payload);
    const referrer = imageOf({ subject: image.descriptor, layers: [payload.descriptor] });
    await test.api.pushManifest(APP, referrer.descriptor.digest, referrer);
    await test.clock.advance(1000 * GRACE_MS);
    expect(await test.collect()).toMatchObject({ manifests: 0, memberships: 0, blobs: 0 });
    expect((await test.api.getBlob(APP, cached.descriptor.digest)).body).toEqual(cached.bytes);
    expect((await test.api.getBlob(APP, payload.descriptor.digest)).body).toEqual(payload.bytes);
  });
});

describe('untagged manifests', () => {
  const DAY_SECONDS = 24 * 3600;
  const collectUntagged = (options: { readonly dryRun?: boolean; readonly graceSeconds?: number } = {}) =>
    test.collect({ untaggedOlderThanSeconds: DAY_SECONDS, ...options });

  it('a manifest goes once it has had no tag for that long', async () => {
    const { digest } = await pushImage(test.api, { repository: APP, text: 'old', tag: 'latest' });
    await test.clock.advance(DAY_SECONDS * 2000);
    await pushImage(test.api, { repository: APP, text: 'young', tag: 'latest' });
    await test.clock.advance(DAY_SECONDS * 1000 - 1);
    expect(await collectUntagged()).toMatchObject({ manifests: 0 });
    await test.clock.advance(1);
    expect(await collectUntagged()).toMatchObject({ manifests: 1 });
    expect((await test.api.headManifest(APP, digest)).status).toBe(404);
    expect((await test.api.headManifest(APP, 'latest')).status).toBe(200);
  });

  it('children live with their index, also when only the index has a tag (distribution deletes them)', async () => {
    const child = await pushImage(test.api, { repository: APP, text: 'child' });
    const index = indexOf([child.image.descriptor]);
    await test.api.pushManifest(APP, 'multi', index);
    await test.clock.advance(DAY_SECONDS * 10_000);
    expect(await collectUntagged()).toMatchObject({ manifests: 0 });
    await test.api.deleteManifest(APP, index.descriptor.digest);
    expect(await collectUntagged()).toMatchObject({ manifests: 0 });
    await test.clock.advance(DAY_SECONDS * 1000);
    expect(await collectUntagged()).toMatchObject({ manifests: 1, memberships: 2, blobs: 2 });
    expect((await test.api.headManifest(APP, child.digest)).status).toBe(404);
  });

  it('referrers live with their subject, and go with it in the same run', async () => {
    const subject = await pushImage(test.api, { repository: APP, text: 'subject', tag: 'v1' });
    const referrer = imageOf({ subject: subject.image.descriptor });
    const second = imageOf({ subject: referrer.descriptor });
    for (const manifest of [referrer, second]) await test.api.pushManifest(APP, manifest.descriptor.digest, manifest);
    await test.clock.advance(DAY_SECONDS * 10_000);
    expect(await collectUntagged()).toMatchObject({ manifests: 0 });
    await test.api.deleteManifest(APP, 'v1');
    await test.clock.advance(DAY_SECONDS * 1000);
    const preview = await collectUntagged({ dryRun: true });
    expect(preview).toMatchObject({ manifests: 3, memberships: 2, blobs: 2 });
    expect({ ...(await collectUntagged()), dryRun: true }).toEqual(preview);
    for (const { descriptor } of [subject.image, referrer, second]) {
      expect((await test.api.headManifest(APP, descriptor.digest)).status).toBe(404);
    }
  });

  it('an untagged tree goes whole in one run when no age is asked for', async () => {
    const child = await pushImage(test.api, { repository: APP, text: 'leaf' });
    const inner = indexOf([child.image.descriptor]);
    await test.api.pushManifest(APP, inner.descriptor.digest, inner);
    const outer = indexOf([inner.descriptor]);
    await test.api.pushManifest(APP, outer.descriptor.digest, outer);
    const options = { untaggedOlderThanSeconds: 0, graceSeconds: 0 };
    const preview = await test.collect({ ...options, dryRun: true });
    expect(preview).toMatchObject({ manifests: 3, memberships: 2, blobs: 2 });
    expect({ ...(await test.collect(options)), dryRun: true }).toEqual(preview);
  });

  it('a tagged child or referrer stays when its index or subject goes', async () => {
    const child = await pushImage(test.api, { repository: APP, text: 'tagged child', tag: 'child' });
    const index = indexOf([child.image.descriptor]);
    await test.api.pushManifest(APP, index.descriptor.digest, index);
    expect(await test.collect({ untaggedOlderThanSeconds: 0 })).toMatchObject({ manifests: 1, memberships: 0 });
    expect((await test.api.headManifest(APP, 'child')).status).toBe(200);
  });

  it('what an untagged manifest needed still has its grace period', async () => {
    const { layer } = await pushImage(test.api, { repository: APP, text: 'grace' });
    await test.clock.advance(DAY_SECONDS * 10_000);
    const preview = await collectUntagged({ dryRun: true, graceSeconds: GRACE_SECONDS });
    expect(preview).toMatchObject({ manifests: 1, memberships: 0, blobs: 0 });
    expect({ ...(await collectUntagged({ graceSeconds: GRACE_SECONDS })), dryRun: true }).toEqual(preview);
    expect(test.hasFile(layer.descriptor.digest)).toBe(true);
  });

  it('a manifest pushed again by digest counts its age anew', async () => {
    const { digest, image } = await pushImage(test.api, { repository: APP, text: 'again' });
    await test.clock.advance(DAY_SECONDS * 1000);
    await test.api.pushManifest(APP, digest, image);
    expect(await collectUntagged()).toMatchObject({ manifests: 0 });
  });

  it('HEAD of a manifest renews its age (buildah and docker then push an index without it)', async () => {
    const { digest } = await pushImage(test.api, { repository: APP, text: 'child' });
    await test.clock.advance(DAY_SECONDS * 1000);
    expect((await test.api.send({ method: 'HEAD', path: `/v2/${APP}/manifests/${digest}` })).status).toBe(200);
    await test.clock.advance(DAY_SECONDS * 1000 - 1);
    expect(await collectUntagged()).toMatchObject({ manifests: 0 });
    await test.clock.advance(1);
    expect(await collectUntagged()).toMatchObject({ manifests: 1 });
  });
});

describe('dry runs, orphans and uploads', () => {
  it('a dry run changes nothing and counts what a real run then frees', async () => {
    const { digest } = await pushImage(test.api, { repository: APP, text: 'one', tag: 'v1' });
    await pushImage(test.api, { repository: 'team/other', text: 'one', tag: 'v1' });
    await pushBlob(test.api, APP, blob('loose'));
    await test.api.deleteManifest(APP, digest);
    await writeOrphan();
    await startUpload(test.api, APP);
    await test.clock.advance(UPLOAD_EXPIRY_MS);
    const before = await test.registry.statistics();
    const preview = await test.collect({ dryRun: true, graceSeconds: GRACE_SECONDS });
    expect(await test.registry.statistics()).toEqual(before);
    expect(preview).toMatchObject({ memberships: 3, blobs: 1, orphans: 1, uploads: 1, bytes: 'loose'.length + 'orphan'.length });
    expect({ ...(await collect()), dryRun: true }).toEqual(preview);
    expect(await collect()).toMatchObject({ memberships: 0, blobs: 0, orphans: 0, uploads: 0, bytes: 0 });
  });

  it('a file without a record goes after the grace period (a crash between storing and recording)', async () => {
    await writeOrphan();
    await test.clock.advance(1);
    expect(await collect()).toMatchObject({ orphans: 0 });
    expect(test.hasFile(digestOf('orphan'))).toBe(true);
    await test.clock.advance(GRACE_MS);
    expect(await collect()).toMatchObject({ orphans: 1, bytes: 6 });
    expect(test.hasFile(digestOf('orphan'))).toBe(false);
  });

  it('an upload without progress goes once it expired, whatever the grace period', async () => {
    const idle = await startUpload(test.api, APP);
    await test.clock.advance(UPLOAD_EXPIRY_MS - 1000);
    const active = await startUpload(test.api, APP);
    expect(await test.collect()).toMatchObject({ uploads: 0 });
    await test.clock.advance(1000);
    expect(await test.collect()).toMatchObject({ uploads: 1 });
    expect((await test.api.send({ method: 'GET', path: idle })).status).toBe(404);
    expect((await test.api.send({ method: 'GET', path: active })).status).toBe(204);
  });

  it('a file that is gone already does not stop a run', async () => {
    const content = blob('gone already');
    await pushBlob(test.api, APP, content);
    await rm(test.fileOf(content.descriptor.digest));
    expect(await test.collect()).toMatchObject({ memberships: 1, blobs: 1, bytes: 0 });
  });

  it('collect() ends with the reason of its signal, and the next run works', async () => {
    await pushBlob(test.api, APP, EMPTY_JSON);
    const reason = new Error('no longer wanted');
    const aborted = test.registry.collectGarbage({ graceSeconds: 0, dryRun: false }, { signal: AbortSignal.abort(reason) });
    await expect(aborted).rejects.toBe(reason);
    expect(await test.collect()).toMatchObject({ blobs: 1 });
  });
});
