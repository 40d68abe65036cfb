import { chmodSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { systemCodeOf } from '@slipway/base';

export interface RemoveTreeInput {
  readonly folder: string;
}

/** Removes a folder with all it holds, whatever its names and modes; follows no links. Idempotent: many may remove the same one at once. */
export async function removeTree({ folder }: RemoveTreeInput): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      rmSync(folder, { recursive: true, force: true });
      return;
    } catch (error) {
      const code = systemCodeOf(error);
      // ENOTEMPTY, ENOENT: another process removes the same folder. EACCES: a folder that its owner may not read, without the power to read it anyway.
      if (attempt > 4 || (code !== 'ENOTEMPTY' && code !== 'ENOENT' && code !== 'EACCES')) throw error;
      if (code === 'EACCES') openFolders(Buffer.from(folder));
    }
  }
}

function openFolders(folder: Buffer): void {
  const seen = lstatSync(folder, { throwIfNoEntry: false });
  if (seen === undefined || !seen.isDirectory()) return;
  if ((seen.mode & 0o700) !== 0o700) chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })) {
    if (entry.isDirectory()) openFolders(Buffer.concat([folder, Buffer.from('/'), entry.name]));
  }
}
