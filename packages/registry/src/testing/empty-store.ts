import { expect } from 'vitest';
import { type TestRegistry, UPLOAD_EXPIRY_MS } from './open-test-registry.ts';

/** Deletes and collects all there is, so that tests can share a registry; and checks that nothing is left of it, on disk neither. */
export async function emptyStore(test: TestRegistry): Promise<void> {
  for (const { name } of await test.registry.directory.list({ limit: 100 })) {
    for (const tag of await test.api.listTags(name)) await test.api.deleteManifest(name, tag);
  }
  await test.clock.advance(UPLOAD_EXPIRY_MS);
  await test.collect({ untaggedOlderThanSeconds: 0 });
  expect(await test.registry.statistics()).toMatchObject({ manifests: 0, tags: 0, blobs: 0, blobBytes: 0 });
  for await (const { digest } of test.blobs.walk()) expect(digest).toBeUndefined();
}
