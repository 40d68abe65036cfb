import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TempFolder extends AsyncDisposable {
  readonly path: string;
}

/** A new, empty folder, removed with all it holds on disposal. */
export async function openTempFolder(prefix = 'slipway-'): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), prefix));
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Runs `work` with a new, empty folder; the folder is removed however `work` ends. */
export async function withTempFolder<T>(work: (path: string) => Promise<T>): Promise<T> {
  await using folder = await openTempFolder();
  return await work(folder.path);
}
