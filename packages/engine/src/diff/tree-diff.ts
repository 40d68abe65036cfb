import { engineError } from '../errors.ts';
import { BaseFolder, type BaseNode } from './base-folder.ts';
import { changedWhileRead, quoteBytes } from './changed-while-read.ts';
import type { DiffSource } from './diff-source.ts';
import { FileNames } from './file-names.ts';
import { FolderEntry } from './folder-entry.ts';
import { isSameNode, type NodePlace } from './is-same-node.ts';
import { OverlayMarks } from './overlay-marks.ts';
import type { TreeChange } from './tree-change.ts';
import { compareBytes, TreeFolder } from './tree-folder.ts';
import { isWhiteoutDevice, type TreeNode } from './tree-node.ts';

/** A folder that is being walked. */
interface Frame {
  readonly folder: TreeFolder;
  readonly base: BaseFolder | undefined;
  /** Whether nothing of the base shows through: what the folder lacks is gone. */
  readonly isWhole: boolean;
  readonly entry: FolderEntry;
  readonly names: readonly string[];
  next: number;
}

/**
 * The changes of a tree against what lies below it, one at a time, each folder's names in the order of their bytes and right after it what is in
 * it. They depend on the two trees alone, not on how the change is kept. Reads as it goes, holding one descriptor a folder on the way.
 * Errors: CHANGED_WHILE_READ, LAYER_READ_FAILED, LAYER_UNSUPPORTED.
 */
export class TreeDiff implements Disposable {
  readonly #marks: OverlayMarks | undefined;
  readonly #files = new FileNames();
  readonly #frames: Frame[] = [];
  #ready: TreeChange[] = [];
  #given = 0;

  constructor(source: DiffSource) {
    this.#marks = source.kind === 'overlay' ? new OverlayMarks(source.xattrs) : undefined;
    const folder = TreeFolder.openRoot(source.kind === 'overlay' ? source.upper : source.folder);
    try {
      const base = BaseFolder.open(baseFoldersOf(source), this.#marks);
      this.#push({ folder, base, isWhole: source.kind === 'compare', entry: FolderEntry.root() });
    } catch (error) {
      folder.close();
      throw error;
    }
  }

  /** The next change; `nothing` after a look at a name or folder that has none; undefined at the end. */
  next(): TreeChange | 'nothing' | undefined {
    if (this.#given === this.#ready.length) {
      this.#ready = [];
      this.#given = 0;
      const frame = this.#frames.at(-1);
      if (frame === undefined) return undefined;
      const name = frame.names[frame.next++];
      if (name === undefined) this.#pop();
      else this.#visit(frame, name);
    }
    return this.#ready[this.#given] === undefined ? 'nothing' : this.#ready[this.#given++];
  }

  [Symbol.dispose](): void {
    while (this.#frames.length > 0) this.#pop();
  }

  #visit(frame: Frame, name: string): void {
    const base = frame.base?.lookup(name);
    const node = frame.folder.stat(name);
    const path = frame.folder.path + name;
    // A name that was listed in the base alone is missing here for good; one that vanished is an error.
    if (node === undefined && (!frame.isWhole || base === undefined)) throw changedWhileRead(path, 'vanished');
    if (node === undefined || this.#isAbsent(frame.folder, name, node)) {
      if (base !== undefined) this.#add(frame, { kind: 'whiteout', path });
      return;
    }
    if (name.startsWith('.wh.')) {
      throw engineError('LAYER_UNSUPPORTED', `Cannot make a layer: ${quoteBytes(path)} would hide a file, as its name starts with ".wh."`);
    }
    this.#marks?.requirePlain(frame.folder, name, node);
    const place = { folder: frame.folder, name, node };
    if (node.kind === 'folder') this.#visitFolder(frame, place, base);
    else this.#visitNode(frame, place, base);
  }

  #visitFolder(frame: Frame, place: NodePlace, base: BaseNode | undefined): void {
    const { name, node } = place;
    const entry = frame.entry.child(frame.folder.path + name, node);
    if (!isUnchanged(place, base)) entry.take(this.#ready);
    const folder = frame.folder.openFolder(name);
    const isWhole = frame.isWhole || this.#marks?.isOpaque(folder) === true;
    try {
      const below = base?.node.kind === 'folder' ? frame.base?.openFolder(name) : undefined;
      this.#push({ folder, base: below, isWhole, entry });
    } catch (error) {
      folder.close();
      throw error;
    }
  }

  #visitNode(frame: Frame, place: NodePlace, base: BaseNode | undefined): void {
    const { node } = place;
    const path = frame.folder.path + place.name;
    const target = node.links > 1 ? this.#files.targetOf(node) : undefined;
    if (target !== undefined) {
      this.#add(frame, { kind: 'link', path, node, target });
    } else if (!isUnchanged(place, base)) {
      this.#add(frame, { kind: 'node', path, place });
      if (node.links > 1) this.#files.setTarget(path, node, this.#ready);
    } else if (node.links > 1) {
      this.#files.addUnchanged({ path, node, parent: frame.entry });
    }
  }

  #add(frame: Frame, change: TreeChange): void {
    frame.entry.take(this.#ready);
    this.#ready.push(change);
  }

  /** Sockets mean nothing in a layer; no reader could make one. */
  #isAbsent(folder: TreeFolder, name: string, node: TreeNode): boolean {
    return node.kind === 'socket' || isWhiteoutDevice(node) || this.#marks?.isWhiteout(folder, name, node) === true;
  }

  #push(frame: Omit<Frame, 'names' | 'next'>): void {
    const { folder, base, isWhole } = frame;
    try {
      const own = folder.list();
      const names = isWhole && base !== undefined ? [...new Set([...own, ...base.list()])].sort(compareBytes) : own;
      this.#frames.push({ ...frame, names, next: 0 });
    } catch (error) {
      base?.[Symbol.dispose]();
      throw error;
    }
  }

  #pop(): void {
    const frame = this.#frames.pop();
    frame?.folder.close();
    frame?.base?.[Symbol.dispose]();
  }
}

function baseFoldersOf(source: DiffSource): readonly string[] {
  if (source.kind === 'overlay') return source.lowers;
  return source.base === undefined ? [] : [source.base];
}

function isUnchanged(place: NodePlace, base: BaseNode | undefined): boolean {
  return base !== undefined && isSameNode(place, { ...base, name: place.name });
}
