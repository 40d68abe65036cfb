import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@slipway/base/node';
import { afterAll } from 'vitest';
import { describeBlobStore } from '../contract.ts';
import { createFsBlobStore } from './fs-blob-store.ts';

const root = mkdtempSync(join(tmpdir(), 'slipway-blobs-'));
const open = () => createFsBlobStore({ root, clock: systemClock });

afterAll(() => rmSync(root, { recursive: true }));

const openThreaded = () =>
  createFsBlobStore({ root, clock: systemClock, hashWorker: new URL('../testing/hash-worker.ts', import.meta.url) });

describeBlobStore('fs, hashing on a thread', async () => ({
  store: await openThreaded(),
  reopen: openThreaded,
  dispose: async () => removeFiles(),
}));

describeBlobStore('fs', async () => ({ store: await open(), reopen: open, dispose: async () => removeFiles() }));

/** The folders stay: making hundreds of them for each test is what would take the time. */
function removeFiles(): void {
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) rmSync(join(entry.parentPath, entry.name));
  }
}
