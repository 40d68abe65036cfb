import { mkdirSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { engineError } from '../errors.ts';
import { mountAll } from '../snapshots/mount-all.ts';
import { openat } from '../system/calls.ts';
import { AT_FDCWD, O_DIRECTORY, O_RDONLY } from '../system/constants.ts';
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
export function openOverlayTree({ lowers, upper, work, marks }: OverlayTree): number {
  const target = join(dirname(upper), 'merged');
  try {
    mkdirSync(target, { recursive: true });
    try {
      using _mounted = mountAll([{ type: 'overlay', lowers, upper, work, xattrs: marks.xattrs }], target);
      return openat(AT_FDCWD, target, { flags: O_RDONLY | O_DIRECTORY });
    } finally {
      rmdirSync(target);
    }
  } catch (error) {
    throw engineError('MOUNT_FAILED', `Cannot mount the layers below "${upper}": ${(error as Error).message}`, { cause: error });
  }
}
