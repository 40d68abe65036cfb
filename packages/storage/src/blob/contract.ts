import { describe, expect, it } from 'vitest';
import { describeBlobs } from './contract/blob-contract.ts';
import { listOf, type OpenedBlobStore } from './contract/fixtures.ts';
import { describeUploads } from './contract/upload-contract.ts';

export type { OpenedBlobStore } from './contract/fixtures.ts';

/** What every blob store promises, as a suite for vitest. `open` gives an empty store each time. */
export function describeBlobStore(name: string, open: () => Promise<OpenedBlobStore>): void {
  describe(`${name} blob store`, () => {
    describeUploads(open);
    describeBlobs(open);

    it('checkWritable() resolves, also many at once', async () => {
      const { store, dispose } = await open();
      await Promise.all([store.checkWritable(), store.checkWritable(), store.checkWritable()]);
      expect(await listOf(store.walkUploads())).toEqual([]);
      await store.close();
      await dispose();
    });
  });
}
