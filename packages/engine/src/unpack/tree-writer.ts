import { isAppError, systemCodeOf } from '@slipway/base';
import { cleanEntryPath, parseWhiteout, requireEntryPath, type TarEntry, type TarHandler, type Whiteout } from '@slipway/oci/node';
import { engineError } from '../errors.ts';
import { close, ftruncate, pwriteAll, type Timestamp, writeAll } from '../system/calls.ts';
import { EntryMaker, type Place } from './entry-maker.ts';
import { EntryMetadata, timeOf } from './entry-metadata.ts';
import { FolderCache, type OpenFolder } from './folder-cache.ts';
import { FolderEndings } from './folder-endings.ts';
import { LayerPaths, pathIn } from './layer-paths.ts';
import { NeedsParent } from './needs-parent.ts';
import { ParentFolders } from './parent-folders.ts';
import { SkippedList } from './skipped-list.ts';
import type { OverlayMarks, SkippedParts } from './unpack-input.ts';
import { createMarks, createRemovals, type Whiteouts } from './whiteouts.ts';

export interface TreeWriterOptions {
  /** An open folder, which the tree writer closes. */
  readonly rootFd: number;
  readonly mode: 'alone' | 'onto';
  /** How `alone` marks what it hides. */
  readonly marks: OverlayMarks;
  readonly isPrivileged: boolean;
}

const SLASH = 0x2f;

/**
 * Writes a layer's entries into a folder as the tar's parser tells them. Every name is looked up below that folder by the kernel, so that
 * nothing outside is touched whatever the archive says; what is in the way is replaced as docker does: folders merge, all else gives way.
 * Synchronous. After an error, or `NeedsParent`, it is of no more use. Errors: TAR_PATH_REFUSED, UNPACK_INVALID, UNPACK_REFUSED,
 * UNPACK_FAILED.
 */
export class TreeWriter implements TarHandler, Disposable {
  readonly #mode: 'alone' | 'onto';
  readonly #skipped = new SkippedList();
  readonly #endings = new FolderEndings();
  readonly #own = new LayerPaths();
  readonly #folders: FolderCache;
  readonly #parents: ParentFolders;
  readonly #metadata: EntryMetadata;
  readonly #maker: EntryMaker;
  readonly #whiteouts: Whiteouts;
  #entry: TarEntry | undefined;
  #folder: OpenFolder | undefined;
  #fd = -1;
  #fileBytes = 0;
  #entries = 0;

  constructor({ rootFd, mode, marks, isPrivileged }: TreeWriterOptions) {
    this.#mode = mode;
    this.#folders = new FolderCache(rootFd);
    this.#parents = new ParentFolders({ folders: this.#folders, endings: this.#endings, mode });
    this.#metadata = new EntryMetadata({ skipped: this.#skipped, isPrivileged });
    this.#whiteouts = mode === 'alone' ? createMarks(marks) : createRemovals(this.#own);
    this.#maker = new EntryMaker({
      folders: this.#folders,
      endings: this.#endings,
      metadata: this.#metadata,
      skipped: this.#skipped,
      whiteouts: this.#whiteouts,
      isPrivileged,
      mode,
    });
  }

  entry(entry: TarEntry): void {
    this.#entry = entry;
    this.#entries++;
    this.#folders.refresh();
    this.#telling(() => this.#place(entry));
  }

  data(bytes: Buffer, offset: number): void {
    if (this.#fd < 0) return;
    try {
      if (this.#entry?.sparse === undefined) writeAll(this.#fd, bytes);
      else pwriteAll(this.#fd, bytes, offset);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  endEntry(): void {
    if (this.#fd >= 0) this.#telling(() => this.#finishFile());
  }

  /** To be called after the last entry: gives folders their times. */
  finish(): void {
    this.#entry = undefined;
    this.#folders.refresh();
    this.#telling(() => this.#endings.apply(this.#folders));
  }

  result(): { fileBytes: number; entries: number; whiteouts: readonly Buffer[]; skipped: SkippedParts } {
    return {
      fileBytes: this.#fileBytes,
      entries: this.#entries,
      whiteouts: this.#whiteouts.paths(),
      skipped: this.#skipped.parts(),
    };
  }

  [Symbol.dispose](): void {
    if (this.#fd >= 0) close(this.#fd);
    this.#fd = -1;
    this.#folders[Symbol.dispose]();
  }

  #place(entry: TarEntry): void {
    const path = requireEntryPath(entry.nameBytes);
    const whiteout = parseWhiteout(path);
    if (whiteout.kind !== 'none') {
      this.#hide(whiteout);
      return;
    }
    checkOwner(entry);
    if (path.length === 0) {
      this.#maker.takeRoot(entry);
      return;
    }
    const slash = path.lastIndexOf(SLASH);
    const folder = this.#openParent(path.subarray(0, Math.max(0, slash)), timeOf(entry));
    const name = path.subarray(slash + 1);
    this.#make(entry, { folder, name });
    if (this.#mode === 'onto') this.#own.add(pathIn(folder.path, name));
  }

  #openParent(path: Buffer, time: Timestamp): OpenFolder {
    try {
      return this.#parents.open(path, time);
    } catch (error) {
      if (!isNoFolder(error) || this.#whiteouts.paths().length === 0) throw error;
      // What is in the way may be a whiteout of this layer, which is nothing at all once it is applied.
      throw new NeedsParent('missing-folder', path);
    }
  }

  #make(entry: TarEntry, place: Place): void {
    switch (entry.kind) {
      case 'file':
        this.#fd = this.#maker.createFile(entry, place);
        this.#folder = place.folder;
        this.#fileBytes += entry.sizeBytes;
        return;
      case 'folder':
        this.#maker.makeFolder(entry, place);
        return;
      case 'hardlink':
        this.#makeLink(entry, place);
        return;
      default:
        this.#maker.makeNode(entry, place);
        if (entry.kind === 'symlink') this.#fileBytes += entry.linkNameBytes.length;
    }
  }

  #finishFile(): void {
    const fd = this.#fd;
    const entry = this.#entry as TarEntry;
    // Behind the last run of a sparse file there may be a hole.
    if (entry.sparse !== undefined) ftruncate(fd, entry.sizeBytes);
    this.#metadata.applyToFile(fd, entry, this.#folder as OpenFolder);
    this.#fd = -1;
    close(fd);
  }

  #makeLink(entry: TarEntry, place: Place): void {
    const target = cleanEntryPath(entry.linkNameBytes);
    if (target.kind === 'refused') throw engineError('UNPACK_REFUSED', `Cannot unpack ${quoted(entry)} as a link: ${target.message}`);
    const slash = target.path.lastIndexOf(SLASH);
    const folder = this.#parents.find(target.path.subarray(0, Math.max(0, slash)));
    const name = target.path.subarray(slash + 1);
    this.#maker.makeLink(entry, folder === undefined ? undefined : { folder, name }, place);
  }

  #hide(whiteout: Exclude<Whiteout, { kind: 'none' }>): void {
    if (whiteout.kind === 'metadata') return;
    if (whiteout.kind === 'refused') throw engineError('UNPACK_INVALID', whiteout.message);
    const time = timeOf(this.#entry as TarEntry);
    const { path } = whiteout;
    const slash = path.lastIndexOf(SLASH);
    const folderPath = whiteout.kind === 'opaque' ? path : path.subarray(0, Math.max(0, slash));
    const folder = this.#folderOfHidden(folderPath, time);
    if (folder === undefined) return;
    if (whiteout.kind === 'opaque') this.#whiteouts.hideAll(folder);
    else this.#whiteouts.hide(folder, path.subarray(slash + 1));
    if (this.#mode === 'onto') this.#folders.invalidate();
  }

  /** Undefined where there is nothing to hide. */
  #folderOfHidden(path: Buffer, time: Timestamp): OpenFolder | undefined {
    try {
      // What is not there hides nothing: no reason to make folders.
      return this.#mode === 'onto' ? this.#parents.find(path) : this.#parents.open(path, time);
    } catch (error) {
      // Where a file takes the place of a folder, umoci also hides what was in that.
      if (isNoFolder(error)) return undefined;
      throw error;
    }
  }

  #telling(body: () => void): void {
    try {
      body();
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** System errors with the entry they are about; all else as it is. */
  #failure(error: unknown): unknown {
    const code = systemCodeOf(error);
    if (code === undefined || !(error instanceof Error) || !('syscall' in error)) return error;
    const what = this.#entry === undefined ? 'the folders of the layer' : quoted(this.#entry);
    const isEntrysFault = code === 'ENAMETOOLONG' || code === 'EINVAL' || code === 'EFBIG';
    const failure = isEntrysFault ? 'UNPACK_INVALID' : 'UNPACK_FAILED';
    return engineError(failure, `Cannot unpack ${what}: ${error.message}`, { cause: error });
  }
}

function isNoFolder(error: unknown): boolean {
  return isAppError(error) && systemCodeOf(error.cause) === 'ENOTDIR';
}

function quoted({ name }: TarEntry): string {
  return JSON.stringify(name.length > 300 ? `${name.slice(0, 300)}…` : name);
}

/** 2^32 - 1 means "leave it as it is" to the kernel. */
function checkOwner(entry: TarEntry): void {
  for (const id of [entry.uid, entry.gid]) {
    if (id < 0 || id > 0xff_ff_ff_fe) throw engineError('UNPACK_INVALID', `Cannot unpack ${quoted(entry)}: ${id} is no user or group`);
  }
}
