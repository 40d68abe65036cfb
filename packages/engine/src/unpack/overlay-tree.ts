import { mkdirSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { engineError } from '../errors.ts';
import { mount, openat, umount2 } from '../system/calls.ts';
import { AT_FDCWD, MNT_DETACH, O_DIRECTORY, O_RDONLY } from '../system/constants.ts';
import type { OverlayMarks } from './unpack-input.ts';

export interface OverlayTree {
  /** Top first. */
  readonly lowers: readonly string[];
  readonly upper: string;
  readonly work: string;
  readonly marks: OverlayMarks;
}

/**
 * Mounts an overlay and returns its open root. The mount has no place among the folders any more: it ends when nothing of it is open.
 * Errors: MOUNT_FAILED.
 */
export function openOverlayTree(tree: OverlayTree): number {
  const target = join(dirname(tree.upper), 'merged');
  try {
    mkdirSync(target, { recursive: true });
    mount({ source: 'overlay', target, type: 'overlay', options: overlayOptions(tree) });
    try {
      return openat(AT_FDCWD, target, { flags: O_RDONLY | O_DIRECTORY });
    } finally {
      umount2(target, MNT_DETACH);
      rmdirSync(target);
    }
  } catch (error) {
    throw engineError('MOUNT_FAILED', `Cannot mount the layers below "${tree.upper}": ${(error as Error).message}`, { cause: error });
  }
}

function overlayOptions({ lowers, upper, work, marks }: OverlayTree): string {
  const folders = `lowerdir=${lowers.map(escapeLower).join(':')},upperdir=${escapeFolder(upper)},workdir=${escapeFolder(work)}`;
  // Whoever reads the upper folder later knows neither redirected folders nor files without their content.
  const kind = marks.xattrs === 'user' ? ',userxattr' : ',redirect_dir=off,metacopy=off';
  return `${folders},index=off${kind}`;
}

function escapeFolder(path: string): string {
  return path.replaceAll(/[\\,]/g, '\\$&');
}

function escapeLower(path: string): string {
  return path.replaceAll(/[\\,:]/g, '\\$&');
}
