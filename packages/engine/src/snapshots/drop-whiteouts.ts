import { closeSync, lstatSync, openSync } from 'node:fs';
import { systemCodeOf } from '@slipway/base';
import { futimens, openat, openat2, unlinkat } from '../system/calls.ts';
import { O_DIRECTORY, O_NOFOLLOW, O_PATH, O_RDONLY, RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS } from '../system/constants.ts';
import { modifiedAt } from '../system/modified-at.ts';
import { getXattr, pathBelow, removeXattr } from '../system/xattrs.ts';
import type { OverlayXattrs } from './mount.ts';
import { mountAll } from './mount-all.ts';
import { mountsOfOverlay } from './overlay-mounts.ts';

export interface DropWhiteoutsInput {
  /** A layer that was unpacked alone. */
  readonly folder: string;
  /** The paths it hides, below its root; an opaque folder with a closing slash. */
  readonly whiteouts: readonly Uint8Array[];
  /** The layers below, the top one first. */
  readonly lowers: readonly string[];
  /** An empty folder to mount them on. */
  readonly scratch: string;
  readonly xattrs: OverlayXattrs;
}

export interface DropWhiteoutsOutcome {
  readonly dropped: number;
}

const SLASH = 0x2f;
const ROOT = Buffer.from('.');

/**
 * Removes the whiteouts that hide nothing: where a folder comes from one layer alone, the kernel shows its entries as they are, and a whiteout would be seen as
 * a device. Links are not followed, here or below: a layer's path leads through folders alone.
 */
export async function dropWhiteouts(input: DropWhiteoutsInput): Promise<DropWhiteoutsOutcome> {
  const { lowers, scratch, xattrs } = input;
  if (lowers.length === 0) return dropThose(input, () => false);
  using _mounted = mountAll(mountsOfOverlay({ lowers, xattrs }), scratch);
  const below = openSync(scratch, O_RDONLY | O_DIRECTORY);
  try {
    return dropThose(input, (path) => isThere(below, path));
  } finally {
    closeSync(below);
  }
}

function dropThose({ folder, whiteouts, xattrs }: DropWhiteoutsInput, isBelow: (path: Buffer) => boolean): DropWhiteoutsOutcome {
  const opaque = new Map<string, boolean>();
  const root = openSync(folder, O_RDONLY | O_DIRECTORY);
  let dropped = 0;
  try {
    for (const bytes of whiteouts) {
      const path = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (path.at(-1) === SLASH) {
        const above = path.subarray(0, -1);
        if (!isBelow(above) && unmarkOpaque({ root, path: above, xattrs, known: opaque })) dropped += 1;
        continue;
      }
      const isHidden = foldersAbove(path).some((above) => isOpaque({ root, path: above, xattrs, known: opaque }));
      if ((isHidden || !isBelow(path)) && unlinkWhiteout(root, path)) dropped += 1;
    }
  } finally {
    closeSync(root);
  }
  return { dropped };
}

function isThere(root: number, path: Buffer): boolean {
  const fd = openBelow(root, path, O_PATH | O_NOFOLLOW);
  if (fd === undefined) return false;
  closeSync(fd);
  return true;
}

interface FolderToAsk {
  readonly root: number;
  readonly path: Buffer;
  readonly xattrs: OverlayXattrs;
  readonly known: Map<string, boolean>;
}

function isOpaque({ root, path, xattrs, known }: FolderToAsk): boolean {
  const key = path.toString('latin1');
  const before = known.get(key);
  if (before !== undefined) return before;
  const fd = openBelow(root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  let answer = false;
  if (fd !== undefined) {
    try {
      answer = getXattr(fd, `${xattrs}.overlay.opaque`)?.toString() === 'y';
    } finally {
      closeSync(fd);
    }
  }
  known.set(key, answer);
  return answer;
}

function unmarkOpaque({ root, path, xattrs }: FolderToAsk): boolean {
  const fd = openBelow(root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (fd === undefined) return false;
  try {
    removeXattr(fd, `${xattrs}.overlay.opaque`);
  } finally {
    closeSync(fd);
  }
  return true;
}

/** The folder keeps its time. False when there is no whiteout: a later entry of the layer took its place. */
function unlinkWhiteout(root: number, path: Buffer): boolean {
  const slash = path.lastIndexOf(SLASH);
  const name = path.subarray(slash + 1);
  const folder =
    slash < 0 ? openat(root, ROOT, { flags: O_RDONLY | O_DIRECTORY }) : openBelow(root, path.subarray(0, slash), O_RDONLY | O_DIRECTORY);
  if (folder === undefined) return false;
  try {
    const seen = lstatSync(pathBelow(folder, name), { throwIfNoEntry: false });
    if (seen === undefined || !seen.isCharacterDevice() || seen.rdev !== 0) return false;
    const time = modifiedAt(folder);
    unlinkat(folder, name);
    futimens(folder, time);
    return true;
  } finally {
    closeSync(folder);
  }
}

function openBelow(root: number, path: Buffer, flags: number): number | undefined {
  try {
    return openat2(root, path, { flags, resolve: RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS });
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    throw error;
  }
}

function foldersAbove(path: Buffer): Buffer[] {
  const folders: Buffer[] = [];
  for (let slash = path.indexOf(SLASH); slash >= 0; slash = path.indexOf(SLASH, slash + 1)) folders.push(path.subarray(0, slash));
  return folders;
}
