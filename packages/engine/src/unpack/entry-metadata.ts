import { systemCodeOf } from '@slipway/base';
import type { TarEntry } from '@slipway/oci/node';
import { fchmod, fchmodat, fchown, fchownat, futimens, type Timestamp, utimensat } from '../system/calls.ts';
import { listXattrs, pathBelow, removeXattr, setXattr } from '../system/xattrs.ts';
import type { OpenFolder } from './folder-cache.ts';
import type { SkippedList } from './skipped-list.ts';

export interface EntryMetadataOptions {
  readonly skipped: SkippedList;
  /** Whether the process may do with files what it likes, in its user namespace at least. */
  readonly isPrivileged: boolean;
}

const SPECIAL_BITS = 0o6000;
/** Overlay's own marks. In a layer they would tell overlay to show files of other layers under false names and rights. */
const OVERLAY_XATTR = /^(?:trusted|user)\.overlay\./;
const ACLS: ReadonlySet<string> = new Set(['system.posix_acl_access', 'system.posix_acl_default']);

/**
 * Owner, mode, extended attributes and time of what was just made with its permissions, in an order in which none undoes the other: chown
 * takes set-user-id and capabilities away. What the kernel refuses to this user is left out and told.
 */
export class EntryMetadata {
  readonly #skipped: SkippedList;
  readonly #isPrivileged: boolean;

  constructor({ skipped, isPrivileged }: EntryMetadataOptions) {
    this.#skipped = skipped;
    this.#isPrivileged = isPrivileged;
  }

  /** Of a file made in `folder`, before it is closed. */
  applyToFile(fd: number, entry: TarEntry, folder: OpenFolder): void {
    if (needsOwner(entry, folder)) this.#tryOwner(entry, () => fchown(fd, entry));
    if ((entry.mode & SPECIAL_BITS) !== 0) fchmod(fd, entry.mode);
    if (entry.xattrs.size > 0) this.#setXattrs(fd, entry);
    futimens(fd, timeOf(entry));
  }

  /** Of a device, fifo or symlink made in `folder`. */
  applyToNode(folder: OpenFolder, name: Buffer, entry: TarEntry): void {
    const isSymlink = entry.kind === 'symlink';
    if (needsOwner(entry, folder)) this.#tryOwner(entry, () => fchownat(folder.fd, name, entry));
    if (!isSymlink && (entry.mode & SPECIAL_BITS) !== 0) fchmodat(folder.fd, name, entry.mode);
    if (entry.xattrs.size > 0) this.#setXattrs(pathBelow(folder.fd, name), entry);
    utimensat(folder.fd, name, timeOf(entry));
  }

  /** Of what was there before, which a hardlink gives another name: docker lets the link's header count. */
  applyToLink(folder: OpenFolder, name: Buffer, entry: TarEntry): void {
    this.#tryOwner(entry, () => fchownat(folder.fd, name, entry));
    if (!this.#isSymlink(folder, name, entry.mode)) this.#setXattrs(pathBelow(folder.fd, name), entry);
    utimensat(folder.fd, name, timeOf(entry));
  }

  /** Of a folder made in `folder`; its time is set last, by others. */
  applyToNewFolder(folder: OpenFolder, name: Buffer, entry: TarEntry): void {
    const isOwned = needsOwner(entry, folder);
    if (isOwned) this.#tryOwner(entry, () => fchownat(folder.fd, name, entry));
    if (folder.isSetgid || (entry.mode & SPECIAL_BITS) !== 0) fchmodat(folder.fd, name, this.folderMode(entry));
    if (entry.xattrs.size > 0) this.#setXattrs(pathBelow(folder.fd, name), entry);
  }

  /** Of a folder that was there: it has then what the entry says and nothing else. */
  applyToOldFolder(fd: number, entry: TarEntry): void {
    this.#tryOwner(entry, () => fchown(fd, entry));
    fchmod(fd, this.folderMode(entry));
    for (const name of listXattrs(fd)) {
      if (!entry.xattrs.has(name) && isOfLayers(name)) this.#tryXattr(entry, name, () => removeXattr(fd, name));
    }
    this.#setXattrs(fd, entry);
  }

  /** What a folder has while it is filled: without privileges its owner must be able to. */
  folderMode({ mode }: TarEntry): number {
    return this.#isPrivileged ? mode : mode | 0o700;
  }

  #isSymlink(folder: OpenFolder, name: Buffer, mode: number): boolean {
    try {
      fchmodat(folder.fd, name, mode);
      return false;
    } catch (error) {
      if (systemCodeOf(error) !== 'EOPNOTSUPP') throw error;
      return true;
    }
  }

  #tryOwner(entry: TarEntry, apply: () => void): void {
    try {
      apply();
    } catch (error) {
      const code = systemCodeOf(error);
      // EINVAL: the user namespace has no such id. EPERM: there is no namespace at all.
      if (code !== 'EINVAL' && (code !== 'EPERM' || this.#isPrivileged)) throw error;
      this.#skipped.add({ path: entry.name, what: 'owner', reason: `this user has no id ${entry.uid}:${entry.gid} here` });
    }
  }

  #setXattrs(file: number | Buffer, entry: TarEntry): void {
    for (const [name, value] of entry.xattrs) {
      if (OVERLAY_XATTR.test(name)) {
        this.#skipped.add({ path: entry.name, what: 'xattr', reason: `"${name}" is overlay's own` });
      } else {
        this.#tryXattr(entry, name, () => setXattr(file, name, value));
      }
    }
  }

  #tryXattr(entry: TarEntry, name: string, apply: () => void): void {
    try {
      apply();
    } catch (error) {
      const code = systemCodeOf(error);
      if (code !== 'EOPNOTSUPP' && code !== 'EPERM' && (code !== 'EACCES' || this.#isPrivileged)) throw error;
      this.#skipped.add({ path: entry.name, what: 'xattr', reason: `"${name}": ${code}` });
    }
  }
}

export function timeOf(entry: TarEntry): Timestamp {
  return { seconds: entry.mtimeSeconds, nanoseconds: entry.mtimeNanoseconds };
}

/** Files belong to whoever makes them, root here, and to the group of a folder with the set-group-id bit. */
function needsOwner(entry: TarEntry, folder: OpenFolder): boolean {
  return entry.uid !== 0 || entry.gid !== 0 || folder.isSetgid;
}

function isOfLayers(name: string): boolean {
  return (
    (name.startsWith('user.') || name.startsWith('trusted.') || name === 'security.capability' || ACLS.has(name)) &&
    !OVERLAY_XATTR.test(name)
  );
}
