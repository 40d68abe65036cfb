import type { NodePlace } from './is-same-node.ts';
import type { TreeNode } from './tree-node.ts';

/**
 * One entry of a layer. `path` is the whole one, a character a byte, without a closing slash.
 * - `folder`: new, changed, or only on the way to something that is.
 * - `node`: anything else that now is there, to be read from its open folder before the next change is asked for.
 * - `link`: another name for a file that an earlier entry holds.
 * - `whiteout`: what the layers below have there is gone.
 */
export type TreeChange =
  | { readonly kind: 'folder'; readonly path: string; readonly node: TreeNode }
  | { readonly kind: 'node'; readonly path: string; readonly place: NodePlace }
  | { readonly kind: 'link'; readonly path: string; readonly node: TreeNode; readonly target: string }
  | { readonly kind: 'whiteout'; readonly path: string };
