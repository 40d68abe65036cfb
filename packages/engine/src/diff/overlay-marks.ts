import { engineError } from '../errors.ts';
import type { OverlayXattrs } from '../snapshots/mount.ts';
import { quoteBytes } from './changed-while-read.ts';
import type { TreeFolder } from './tree-folder.ts';
import { isWhiteoutDevice, type TreeNode } from './tree-node.ts';

/**
 * What overlayfs says about the layers below, by device nodes and attributes
 * (https://docs.kernel.org/filesystems/overlayfs.html, "whiteouts and opaque directories").
 */
export class OverlayMarks {
  readonly #opaque: string;
  readonly #whiteout: string;
  readonly #redirect: string;
  readonly #metacopy: string;

  constructor(xattrs: OverlayXattrs) {
    this.#opaque = `${xattrs}.overlay.opaque`;
    this.#whiteout = `${xattrs}.overlay.whiteout`;
    this.#redirect = `${xattrs}.overlay.redirect`;
    this.#metacopy = `${xattrs}.overlay.metacopy`;
  }

  /** A device 0:0, or since Linux 6.7 an empty file with an attribute. */
  isWhiteout(folder: TreeFolder, name: string, node: TreeNode): boolean {
    if (isWhiteoutDevice(node)) return true;
    return node.kind === 'file' && node.sizeBytes === 0 && folder.hasXattr(name, this.#whiteout);
  }

  /** Whether nothing of the layers below shows in the folder. `x` only says that attributes stand for whiteouts in it. */
  isOpaque(folder: TreeFolder): boolean {
    return folder.readXattr('', this.#opaque)?.toString('latin1') === 'y';
  }

  /** Refuses what only a mount with options that we never give can leave behind. Errors: LAYER_UNSUPPORTED. */
  requirePlain(folder: TreeFolder, name: string, node: TreeNode): void {
    if (node.kind !== 'folder' && node.kind !== 'file') return;
    const attribute = node.kind === 'folder' ? this.#redirect : this.#metacopy;
    if (!folder.hasXattr(name, attribute)) return;
    const option = node.kind === 'folder' ? 'redirect_dir' : 'metacopy';
    throw engineError('LAYER_UNSUPPORTED', `Cannot make a layer: ${quoteBytes(folder.path + name)} needs overlayfs with ${option}`);
  }
}
