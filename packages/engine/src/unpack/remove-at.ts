import { readdirSync } from 'node:fs';
import { systemCodeOf } from '@slipway/base';
import { close, openat, unlinkat } from '../system/calls.ts';
import { AT_REMOVEDIR, O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from '../system/constants.ts';

interface Level {
  readonly name: Uint8Array;
  readonly folders: Buffer[];
}

/**
 * Removes `name` from an open folder, whatever it is, with all it holds. Follows no links, and needs few open files however deep the tree
 * and however long its paths are. Nobody else may move its folders meanwhile. Does nothing where there is nothing.
 * Errors: the system's.
 */
export function removeAt(folderFd: number, name: Uint8Array): void {
  if (!unlinkUnlessFolder(folderFd, name)) removeFolder(folderFd, name);
}

function removeFolder(folderFd: number, name: Uint8Array): void {
  const levels: Level[] = [];
  let fd = openFolder(folderFd, name);
  try {
    levels.push({ name, folders: removeFilesOf(fd) });
    for (;;) {
      const level = levels.at(-1) as Level;
      const next = level.folders.pop();
      if (next !== undefined) {
        fd = exchange(fd, next);
        levels.push({ name: next, folders: removeFilesOf(fd) });
      } else if (levels.length === 1) {
        break;
      } else {
        fd = exchange(fd, '..');
        levels.pop();
        unlinkat(fd, level.name, AT_REMOVEDIR);
      }
    }
  } finally {
    close(fd);
  }
  unlinkat(folderFd, name, AT_REMOVEDIR);
}

function exchange(fd: number, name: string | Uint8Array): number {
  const next = openFolder(fd, name);
  close(fd);
  return next;
}

function openFolder(folderFd: number, name: string | Uint8Array): number {
  return openat(folderFd, name, { flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW });
}

/** Returns the folders that are left. */
function removeFilesOf(fd: number): Buffer[] {
  return namesIn(fd).filter((name) => !unlinkUnlessFolder(fd, name));
}

/** The names in an open folder. */
export function namesIn(fd: number): Buffer[] {
  return readdirSync(`/proc/self/fd/${fd}`, { encoding: 'buffer' });
}

function unlinkUnlessFolder(folderFd: number, name: Uint8Array): boolean {
  try {
    unlinkat(folderFd, name);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'EISDIR') return false;
    if (code !== 'ENOENT') throw error;
  }
  return true;
}
