import { lstatSync, type Stats } from 'node:fs';
import { systemCodeOf } from '@slipway/base';
import type { TarEntry } from '@slipway/oci/node';
import { engineError } from '../errors.ts';
import { close, linkat, mkdirat, mknodat, openat, symlinkat } from '../system/calls.ts';
import { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY, S_IFBLK, S_IFCHR, S_IFIFO } from '../system/constants.ts';
import { pathBelow } from '../system/xattrs.ts';
import { type EntryMetadata, timeOf } from './entry-metadata.ts';
import type { FolderCache, OpenFolder } from './folder-cache.ts';
import type { FolderEndings } from './folder-endings.ts';
import { pathIn } from './layer-paths.ts';
import { NeedsParent } from './needs-parent.ts';
import { removeAt } from './remove-at.ts';
import type { SkippedList } from './skipped-list.ts';
import type { Whiteouts } from './whiteouts.ts';

export interface EntryMakerOptions {
  readonly folders: FolderCache;
  readonly endings: FolderEndings;
  readonly metadata: EntryMetadata;
  readonly skipped: SkippedList;
  readonly whiteouts: Whiteouts;
  readonly isPrivileged: boolean;
  readonly mode: 'alone' | 'onto';
}

/** One name in an open folder. */
export interface Place {
  readonly folder: OpenFolder;
  readonly name: Buffer;
}

/** Makes what an entry stands for, in place of what is there. */
export class EntryMaker {
  readonly #options: EntryMakerOptions;

  constructor(options: EntryMakerOptions) {
    this.#options = options;
  }

  /** Returns the new file, open for writing. */
  createFile(entry: TarEntry, place: Place): number {
    const { folder, name } = place;
    // Permissions only: writing takes set-user-id away again.
    const how = { flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: entry.mode & 0o1777 };
    return this.#replacing(place, () => openat(folder.fd, name, how));
  }

  /** All but files, folders and hardlinks. */
  makeNode(entry: TarEntry, place: Place): void {
    const { folder, name } = place;
    if (entry.kind === 'symlink') {
      if (entry.linkNameBytes.length === 0) throw engineError('UNPACK_INVALID', `Cannot unpack "${entry.name}": a link without a target`);
      this.#replacing(place, () => symlinkat(entry.linkNameBytes, folder.fd, name));
    } else if (!this.#makeSpecial(entry, place)) {
      return;
    }
    this.#options.metadata.applyToNode(folder, name, entry);
  }

  makeFolder(entry: TarEntry, place: Place): void {
    const { folder, name } = place;
    const { metadata, whiteouts } = this.#options;
    const create = (): void => mkdirat(folder.fd, name, metadata.folderMode(entry) & 0o1777);
    if (tryToMake(create)) {
      metadata.applyToNewFolder(folder, name, entry);
    } else if (!this.#mergeFolder(entry, place)) {
      this.#clear(place);
      create();
      metadata.applyToNewFolder(folder, name, entry);
      whiteouts.coverFolder(folder, name);
    }
    this.#setEnding(pathIn(folder.path, name), entry);
  }

  /** Takes what the entry says for the tree itself. */
  takeRoot(entry: TarEntry): void {
    const { folders } = this.#options;
    if (entry.kind !== 'folder') throw engineError('UNPACK_INVALID', `Cannot unpack "${entry.name}": the root of an image is a folder`);
    this.#options.metadata.applyToOldFolder(folders.root.fd, entry);
    folders.invalidate();
    this.#setEnding('', entry);
  }

  /** Errors: UNPACK_INVALID. `NeedsParent` when the target may be in a lower layer. */
  makeLink(entry: TarEntry, target: Place | undefined, place: Place): void {
    const { folder, name } = place;
    const isItself = target?.folder.path === folder.path && name.equals(target.name);
    if (target === undefined || this.#isHidden(target) || (isItself && statAt(target) === undefined)) throw this.#missingTarget(entry);
    if (!isItself) this.#replacing(place, () => this.#link(entry, target, place));
    this.#options.metadata.applyToLink(folder, name, entry);
  }

  #link(entry: TarEntry, target: Place, { folder, name }: Place): void {
    try {
      linkat({ folderFd: target.folder.fd, path: target.name }, { folderFd: folder.fd, path: name });
    } catch (error) {
      const code = systemCodeOf(error);
      if (code === 'ENOENT') throw this.#missingTarget(entry);
      if (code !== 'EPERM') throw error;
      const message = `Cannot unpack "${entry.name}" as a link to "${entry.linkName}": that is a folder`;
      throw engineError('UNPACK_INVALID', message, { cause: error });
    }
  }

  /** A layer unpacked alone has a whiteout there, which must not get names that nobody knows to be whiteouts. */
  #isHidden(target: Place): boolean {
    if (this.#options.whiteouts.paths().length === 0) return false;
    const seen = statAt(target);
    return seen?.isCharacterDevice() === true && seen.rdev === 0;
  }

  #missingTarget(entry: TarEntry): Error {
    if (this.#options.mode === 'alone') return new NeedsParent('missing-link-target', entry.linkNameBytes);
    return engineError('UNPACK_INVALID', `Cannot unpack "${entry.name}" as a link to "${entry.linkName}": there is no such file`);
  }

  /** Returns false for what this user may not make. */
  #makeSpecial(entry: TarEntry, place: Place): boolean {
    const { skipped } = this.#options;
    const { deviceMajor: major, deviceMinor: minor } = entry;
    const isFifo = entry.kind === 'fifo';
    if (entry.kind === 'character-device' && major === 0 && minor === 0) {
      skipped.add({ path: entry.name, what: 'device', reason: 'the character device 0:0 is how overlay hides a file' });
      return false;
    }
    const mode = (entry.mode & 0o1777) | TYPE_BITS[entry.kind as keyof typeof TYPE_BITS];
    const device = isFifo ? { mode } : { mode, major, minor };
    try {
      this.#replacing(place, () => mknodat(place.folder.fd, place.name, device));
      return true;
    } catch (error) {
      if (isFifo || systemCodeOf(error) !== 'EPERM') throw error;
      skipped.add({ path: entry.name, what: 'device', reason: 'this user may make no devices' });
      return false;
    }
  }

  /** Gives a folder that is there what the entry says; returns false if none is there. */
  #mergeFolder(entry: TarEntry, { folder, name }: Place): boolean {
    const fd = openFolder(folder.fd, name);
    if (fd === undefined) return false;
    try {
      this.#options.metadata.applyToOldFolder(fd, entry);
    } finally {
      close(fd);
    }
    this.#options.folders.invalidate();
    return true;
  }

  #replacing<Made>(place: Place, make: () => Made): Made {
    try {
      return make();
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') throw error;
    }
    this.#clear(place);
    return make();
  }

  #clear({ folder, name }: Place): void {
    removeAt(folder.fd, name);
    this.#options.folders.invalidate();
  }

  #setEnding(path: string, entry: TarEntry): void {
    const mode = this.#options.isPrivileged ? undefined : entry.mode;
    this.#options.endings.set(path, { time: timeOf(entry), mode });
  }
}

const TYPE_BITS = { fifo: S_IFIFO, 'character-device': S_IFCHR, 'block-device': S_IFBLK } as const;

function statAt({ folder, name }: Place): Stats | undefined {
  return lstatSync(pathBelow(folder.fd, name), { throwIfNoEntry: false });
}

/** Returns false where something is there already. */
function tryToMake(make: () => void): boolean {
  try {
    make();
    return true;
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error;
    return false;
  }
}

function openFolder(folderFd: number, name: Buffer): number | undefined {
  try {
    return openat(folderFd, name, { flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW });
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    throw error;
  }
}
