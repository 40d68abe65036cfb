import { closeSync, openSync } from 'node:fs';
import { syncfs } from '../system/calls.ts';

export interface SyncFilesInput {
  readonly folder: string;
}

/** Writes all that is on the folder's filesystem to its disk; it takes as long as the disk takes, so a worker does it. */
export async function syncFiles({ folder }: SyncFilesInput): Promise<void> {
  const fd = openSync(folder, 'r');
  try {
    syncfs(fd);
  } finally {
    closeSync(fd);
  }
}
