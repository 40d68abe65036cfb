import { serveHashing } from '@slipway/storage/blob';

// A thread that hashes large uploads: see packages/storage/src/blob/hashing/hash-thread.ts.
serveHashing();
