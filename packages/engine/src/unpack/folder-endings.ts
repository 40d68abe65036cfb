import { systemCodeOf } from '@slipway/base';
import { close, fchmod, futimens, openat, type Timestamp } from '../system/calls.ts';
import { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from '../system/constants.ts';
import type { FolderCache } from './folder-cache.ts';

export interface FolderEnding {
  readonly time: Timestamp;
  /** Set last too where the folder would else refuse what is put into it. */
  readonly mode?: number | undefined;
}

/** What folders get once nothing is put into them any more: each file made in a folder changes its time. Keyed by paths in the tree. */
export class FolderEndings {
  readonly #endings = new Map<string, FolderEnding>();

  has(path: string): boolean {
    return this.#endings.has(path);
  }

  set(path: string, ending: FolderEnding): void {
    this.#endings.set(path, ending);
  }

  /** Folders that are gone by now, or no folders any more, are left out. The deepest come first: a mode may close what is below it. */
  apply(folders: FolderCache): void {
    const byDepth = [...this.#endings].sort(([a], [b]) => (a < b ? 1 : -1));
    for (const [path, ending] of byDepth) applyTo(folders, Buffer.from(path, 'latin1'), ending);
    this.#endings.clear();
  }
}

function applyTo(folders: FolderCache, path: Buffer, { time, mode }: FolderEnding): void {
  if (path.length === 0) {
    futimens(folders.root.fd, time);
    if (mode !== undefined) fchmod(folders.root.fd, mode);
    return;
  }
  const slash = path.lastIndexOf(0x2f);
  const fd = openIfFolder(folders, path.subarray(0, Math.max(0, slash)), path.subarray(slash + 1));
  if (fd === undefined) return;
  try {
    futimens(fd, time);
    if (mode !== undefined) fchmod(fd, mode);
  } finally {
    close(fd);
  }
}

function openIfFolder(folders: FolderCache, parent: Buffer, name: Buffer): number | undefined {
  try {
    const folder = folders.find(parent);
    // A link that took a parent's place leads to folders with endings of their own.
    if (folder === undefined || folder.path !== parent.toString('latin1')) return undefined;
    return openat(folder.fd, name, { flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW });
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    throw error;
  }
}
