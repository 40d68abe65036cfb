export type {
  AppendOptions,
  BlobStat,
  BlobStore,
  ByteRange,
  CommitOutcome,
  OpenBlob,
  SendOptions,
  UploadStat,
} from './blob-store.ts';
export { createFsBlobStore, type FsBlobStoreOptions } from './fs/fs-blob-store.ts';
export { serveHashing } from './hashing/serve-hashing.ts';
export { createMemoryBlobStore, type MemoryBlobStoreOptions } from './memory/memory-blob-store.ts';
export { isUploadId } from './upload-id.ts';
