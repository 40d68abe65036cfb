import { closeSync, fstatSync, openSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, systemCodeOf } from '@slipway/base';
import { engineError } from '../errors.ts';
import { randomId } from '../state/random-id.ts';

/** Takes the lock of an open file, which lasts until its last descriptor is closed. Resolves to whether it was free. */
export type TakeLock = (fd: number) => boolean;

export interface LeaseFile {
  readonly id: string;
  readonly fd: number;
}

/** Loaded when a command first writes: what only reads needs no system calls of our own. */
export async function loadTakeLock(): Promise<TakeLock> {
  const { flock } = await import('../system/calls.ts');
  return (fd) => flock(fd, 'exclusive', { wait: false });
}

/** Makes and locks a file of a new name. Errors: HOME_UNUSABLE. */
export function createLeaseFile(folder: string, takeLock: TakeLock): LeaseFile {
  for (;;) {
    const id = randomId();
    const path = join(folder, id);
    let fd: number;
    try {
      fd = openSync(path, 'wx', 0o600);
    } catch (error) {
      throw engineError('HOME_UNUSABLE', `Cannot make a lease in ${JSON.stringify(folder)}: ${systemCodeOf(error) ?? messageOf(error)}`, {
        cause: error,
      });
    }
    // Between creation and lock a cleaner may take the file for a dead lease's: it then holds the lock, or has unlinked the file.
    if (takeLock(fd) && fstatSync(fd).nlink > 0) return { id, fd };
    closeSync(fd);
    unlinkIfThere(path);
  }
}

export function removeLeaseFile(folder: string, file: LeaseFile): void {
  unlinkIfThere(join(folder, file.id));
  closeSync(file.fd);
}

/** Removes the file if nobody holds its lock; false when its lease is alive. A file that is not there is dead. */
export function removeIfDead(folder: string, id: string, takeLock: TakeLock): boolean {
  const path = join(folder, id);
  let fd: number;
  try {
    fd = openSync(path, 'r+');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return true;
    throw error;
  }
  try {
    if (!takeLock(fd)) return false;
    unlinkIfThere(path);
    return true;
  } finally {
    closeSync(fd);
  }
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  }
}
