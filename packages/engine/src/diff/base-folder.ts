import type { OverlayMarks } from './overlay-marks.ts';
import { TreeFolder } from './tree-folder.ts';
import { isWhiteoutDevice, type TreeNode } from './tree-node.ts';

/** A name as the layers below show it, and the folder that holds it. */
export interface BaseNode {
  readonly node: TreeNode;
  readonly folder: TreeFolder;
}

/**
 * A folder as the stacked lower folders show it together, without mounting them: the topmost layer that has a name decides, a whiteout hides it,
 * an opaque folder hides what is below. Sockets count as absent, since layers don't hold them. Closes what it opened.
 */
export class BaseFolder implements Disposable {
  readonly #layers: readonly TreeFolder[];
  readonly #marks: OverlayMarks | undefined;

  private constructor(layers: readonly TreeFolder[], marks: OverlayMarks | undefined) {
    this.#layers = layers;
    this.#marks = marks;
  }

  /** `folders`: the topmost first. Without `marks` they are plain trees. */
  static open(folders: readonly string[], marks: OverlayMarks | undefined): BaseFolder {
    const layers: TreeFolder[] = [];
    try {
      for (const folder of folders) layers.push(TreeFolder.openRoot(folder));
      return new BaseFolder(layers, marks);
    } catch (error) {
      for (const layer of layers) layer.close();
      throw error;
    }
  }

  lookup(name: string): BaseNode | undefined {
    for (const folder of this.#layers) {
      const node = folder.stat(name);
      if (node !== undefined) return this.#isHidden(folder, name, node) ? undefined : { node, folder };
    }
    return undefined;
  }

  /** The names that show, in no order. */
  list(): string[] {
    const names = new Set(this.#layers.flatMap((folder) => folder.list()));
    return [...names].filter((name) => this.lookup(name) !== undefined);
  }

  /** Of a name that `lookup` shows as a folder. */
  openFolder(name: string): BaseFolder {
    const layers: TreeFolder[] = [];
    try {
      for (const folder of this.#layers) {
        const node = folder.stat(name);
        if (node === undefined) continue;
        if (node.kind !== 'folder') break;
        const layer = folder.openFolder(name);
        layers.push(layer);
        if (this.#marks?.isOpaque(layer) === true) break;
      }
      return new BaseFolder(layers, this.#marks);
    } catch (error) {
      for (const layer of layers) layer.close();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const layer of this.#layers) layer.close();
  }

  #isHidden(folder: TreeFolder, name: string, node: TreeNode): boolean {
    if (node.kind === 'socket' || isWhiteoutDevice(node)) return true;
    return this.#marks?.isWhiteout(folder, name, node) === true;
  }
}
