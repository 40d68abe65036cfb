import { type BlobStore, createFsBlobStore, type FsBlobStoreOptions } from '@slipway/storage/blob';

/**
 * Opens the blob store. A module of its own for lazy loading: when the whole of `@slipway/storage/blob` is imported dynamically, a bundle runs the
 * entry file of the hashing thread with it, which throws outside a thread.
 */
export async function openBlobStore(options: FsBlobStoreOptions): Promise<BlobStore> {
  return await createFsBlobStore(options);
}
