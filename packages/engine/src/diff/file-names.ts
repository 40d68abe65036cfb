import type { FolderEntry } from './folder-entry.ts';
import type { TreeChange } from './tree-change.ts';
import type { TreeNode } from './tree-node.ts';

interface UnchangedName {
  readonly path: string;
  readonly node: TreeNode;
  readonly parent: FolderEntry;
}

/**
 * Files with several names. The first name that a layer has to hold brings the content, every other one is a link to it: also names that did not
 * change, for else they would part from the new ones.
 */
export class FileNames {
  readonly #targets = new Map<string, string>();
  readonly #unchanged = new Map<string, UnchangedName[]>();

  /** The name that holds the content already. */
  targetOf(node: TreeNode): string | undefined {
    return this.#targets.get(node.identity);
  }

  addUnchanged(name: UnchangedName): void {
    const names = this.#unchanged.get(name.node.identity);
    if (names === undefined) this.#unchanged.set(name.node.identity, [name]);
    else names.push(name);
  }

  /** `path` holds the content now: appends the links for the names that came before. */
  setTarget(path: string, node: TreeNode, into: TreeChange[]): void {
    this.#targets.set(node.identity, path);
    for (const { path: name, node: own, parent } of this.#unchanged.get(node.identity) ?? []) {
      parent.take(into);
      into.push({ kind: 'link', path: name, node: own, target: path });
    }
    this.#unchanged.delete(node.identity);
  }
}
