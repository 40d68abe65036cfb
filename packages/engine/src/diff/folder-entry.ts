import type { TreeChange } from './tree-change.ts';
import type { TreeNode } from './tree-node.ts';

/** A folder's entry in the layer: it stands before those of what is in it, once, and when nothing about it changed only if something in it did. */
export class FolderEntry {
  readonly #parent: FolderEntry | undefined;
  readonly #change: TreeChange | undefined;
  #isTaken = false;

  private constructor(parent: FolderEntry | undefined, change: TreeChange | undefined) {
    this.#parent = parent;
    this.#change = change;
  }

  /** The root, which layers have no entry for. */
  static root(): FolderEntry {
    return new FolderEntry(undefined, undefined);
  }

  child(path: string, node: TreeNode): FolderEntry {
    return new FolderEntry(this, { kind: 'folder', path, node });
  }

  /** Appends the entries that are still missing up to this folder's own. */
  take(into: TreeChange[]): void {
    if (this.#isTaken) return;
    this.#isTaken = true;
    this.#parent?.take(into);
    if (this.#change !== undefined) into.push(this.#change);
  }
}
