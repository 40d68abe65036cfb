import type { OverlayXattrs } from '../snapshots/mount.ts';

/**
 * Which two trees are compared, the changed one against what lies below it.
 * - `overlay`: the upper folder of an overlay mount and its lower folders, the topmost first. Whiteouts, opaque folders and copied-up files are
 *   read as the kernel wrote them: devices 0:0 or attributes, in the namespace `trusted` or `user`.
 * - `compare`: a whole tree and the whole tree it was copied from; without one, everything in it is new.
 */
export type DiffSource =
  | {
      readonly kind: 'overlay';
      readonly upper: string;
      readonly lowers: readonly string[];
      readonly xattrs: OverlayXattrs;
    }
  | { readonly kind: 'compare'; readonly folder: string; readonly base?: string | undefined };

/** A layer's blob in whatever compression, whose tar is taken as it is. */
export interface BlobSource {
  readonly kind: 'blob';
  readonly path: string;
}
