import { fstatSync, readlinkSync } from 'node:fs';
import { systemCodeOf } from '@slipway/base';
import { close, openat2 } from '../system/calls.ts';
import { O_DIRECTORY, O_RDONLY, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS } from '../system/constants.ts';

/** An open folder of the tree; `fd` belongs to the cache, which keeps it open at least until two others are asked for. */
export interface OpenFolder {
  readonly fd: number;
  /** Where it is in the tree once links are followed: bytes as latin1 text, without slashes at the ends. Empty for the root. */
  readonly path: string;
  /** What is made in it gets its group, and folders the bit too. */
  readonly isSetgid: boolean;
}

const OPEN_FOLDERS = 128;
/** Renames anywhere on the machine make the kernel give up on `..` that may not leave the root. */
const ATTEMPTS = 1000;
const HOW = { flags: O_RDONLY | O_DIRECTORY, resolve: RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };

/**
 * The folders of a tree by their paths, each component of which may be a symlink: links are followed as if the tree was all there is, by the
 * kernel, so that no path leads out. Keeps those used last open.
 */
export class FolderCache implements Disposable {
  readonly #rootPath: string;
  readonly #open = new Map<string, OpenFolder>();
  #root: OpenFolder;
  #isStale = false;
  #last: { readonly path: Buffer; readonly folder: OpenFolder } | undefined;

  /** Takes over `rootFd`. */
  constructor(rootFd: number) {
    this.#rootPath = pathOf(rootFd);
    this.#root = { fd: rootFd, path: '', isSetgid: isSetgid(rootFd) };
  }

  get root(): OpenFolder {
    return this.#root;
  }

  /** Returns undefined where nothing is. Errors: ENOTDIR, ELOOP and others of the system's. */
  find(path: Buffer): OpenFolder | undefined {
    if (path.length === 0) return this.root;
    if (this.#last !== undefined && path.equals(this.#last.path)) return this.#last.folder;
    const key = path.toString('latin1');
    const folder = this.#take(key) ?? this.#openFolder(path);
    if (folder === undefined) return undefined;
    this.#open.set(key, folder);
    if (this.#open.size > OPEN_FOLDERS) this.#closeOldest();
    this.#last = { path: Buffer.from(path), folder };
    return folder;
  }

  /**
   * To be called after a folder or link was removed or replaced, and after a folder's mode changed: paths may lead elsewhere now. Folders in
   * hand stay open until `refresh`.
   */
  invalidate(): void {
    this.#isStale = true;
  }

  /** Forgets what was invalidated, and closes it. */
  refresh(): void {
    if (!this.#isStale) return;
    this.#clear();
    this.#root = { ...this.#root, isSetgid: isSetgid(this.#root.fd) };
  }

  #clear(): void {
    this.#isStale = false;
    for (const { fd } of this.#open.values()) close(fd);
    this.#open.clear();
    this.#last = undefined;
  }

  [Symbol.dispose](): void {
    this.#clear();
    close(this.root.fd);
  }

  #take(key: string): OpenFolder | undefined {
    const folder = this.#open.get(key);
    // Comes back as the youngest.
    if (folder !== undefined) this.#open.delete(key);
    return folder;
  }

  #openFolder(path: Buffer): OpenFolder | undefined {
    const fd = this.#openBelow(path);
    return fd === undefined ? undefined : { fd, path: this.#pathInTree(fd), isSetgid: isSetgid(fd) };
  }

  #openBelow(path: Buffer): number | undefined {
    for (let attempt = 1; ; attempt++) {
      try {
        return openat2(this.root.fd, path, HOW);
      } catch (error) {
        const code = systemCodeOf(error);
        if (code === 'ENOENT') return undefined;
        if (code !== 'EAGAIN' || attempt === ATTEMPTS) throw error;
      }
    }
  }

  #pathInTree(fd: number): string {
    const path = pathOf(fd);
    return path.slice(this.#rootPath === '/' ? 1 : this.#rootPath.length + 1);
  }

  #closeOldest(): void {
    for (const [key, { fd }] of this.#open) {
      this.#open.delete(key);
      close(fd);
      return;
    }
  }
}

function pathOf(fd: number): string {
  return readlinkSync(`/proc/self/fd/${fd}`, 'latin1');
}

function isSetgid(fd: number): boolean {
  return (fstatSync(fd).mode & 0o2000) !== 0;
}
