import { systemClock } from '@slipway/base/node';
import { describeBlobStore } from '../contract.ts';
import { createMemoryBlobStore } from './memory-blob-store.ts';

describeBlobStore('memory', async () => ({ store: createMemoryBlobStore({ clock: systemClock }), dispose: async () => undefined }));
