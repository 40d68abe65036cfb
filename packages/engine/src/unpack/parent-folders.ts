import { systemCodeOf } from '@slipway/base';
import { engineError } from '../errors.ts';
import { fchmodat, fchownat, mkdirat, type Timestamp } from '../system/calls.ts';
import { modifiedAt } from '../system/modified-at.ts';
import type { FolderCache, OpenFolder } from './folder-cache.ts';
import type { FolderEndings } from './folder-endings.ts';
import { NeedsParent } from './needs-parent.ts';

const SLASH = 0x2f;
const IMPLIED_MODE = 0o755;
const ROOT = { uid: 0, gid: 0 };

export interface ParentFoldersOptions {
  readonly folders: FolderCache;
  readonly endings: FolderEndings;
  readonly mode: 'alone' | 'onto';
}

/** The folders that entries are put into, by the paths the entries give them. */
export class ParentFolders {
  readonly #folders: FolderCache;
  readonly #endings: FolderEndings;
  readonly #mode: 'alone' | 'onto';

  constructor({ folders, endings, mode }: ParentFoldersOptions) {
    this.#folders = folders;
    this.#endings = endings;
    this.#mode = mode;
  }

  /**
   * `onto` makes what is missing, with `time`, and sees to it that folders of lower layers keep theirs. `alone` throws `NeedsParent` for what is
   * missing.
   */
  open(path: Buffer, time: Timestamp): OpenFolder {
    const folder = this.find(path);
    if (folder !== undefined) return folder;
    if (this.#mode === 'alone') throw new NeedsParent('missing-folder', path);
    return this.#make(path, time);
  }

  /** Returns undefined where nothing is. Errors: UNPACK_INVALID where something else is in the way. */
  find(path: Buffer): OpenFolder | undefined {
    let folder: OpenFolder | undefined;
    try {
      folder = this.#folders.find(path);
    } catch (error) {
      throw notAFolder(path, error);
    }
    if (folder !== undefined && this.#mode === 'onto') this.#keepTime(folder);
    return folder;
  }

  #keepTime({ fd, path }: OpenFolder): void {
    if (this.#endings.has(path)) return;
    this.#endings.set(path, { time: modifiedAt(fd) });
  }

  #make(path: Buffer, time: Timestamp): OpenFolder {
    let parent = this.#folders.root;
    for (let end = nextSlash(path, 0); ; end = nextSlash(path, end + 1)) {
      const prefix = path.subarray(0, end);
      const folder = this.find(prefix) ?? this.#makeIn(parent, prefix, time);
      if (end === path.length) return folder;
      parent = folder;
    }
  }

  #makeIn(parent: OpenFolder, path: Buffer, time: Timestamp): OpenFolder {
    const name = path.subarray(path.lastIndexOf(SLASH) + 1);
    try {
      mkdirat(parent.fd, name, IMPLIED_MODE);
    } catch (error) {
      // Found nothing, yet something is there: a link that leads nowhere.
      throw systemCodeOf(error) === 'EEXIST' ? notAFolder(path, error) : error;
    }
    if (parent.isSetgid) {
      fchownat(parent.fd, name, ROOT);
      fchmodat(parent.fd, name, IMPLIED_MODE);
    }
    const made = this.#folders.find(path);
    if (made === undefined) throw engineError('UNPACK_FAILED', `Cannot unpack "${path.toString()}": a folder is gone that was just made`);
    this.#endings.set(made.path, { time });
    return made;
  }
}

function nextSlash(path: Buffer, from: number): number {
  const at = path.indexOf(SLASH, from);
  return at < 0 ? path.length : at;
}

function notAFolder(path: Buffer, error: unknown): unknown {
  const code = systemCodeOf(error);
  if (code !== 'ENOTDIR' && code !== 'ELOOP' && code !== 'EEXIST') return error;
  const why = code === 'ENOTDIR' ? 'a part of this path is no folder' : 'a link in this path leads nowhere';
  return engineError('UNPACK_INVALID', `Cannot unpack into "${path.toString()}": ${why}`, { cause: error });
}
