import { lstatSync, mkdirSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { isAppError, messageOf, systemCodeOf } from '@slipway/base';
import { mknodat } from '../system/calls.ts';
import { AT_FDCWD, S_IFCHR } from '../system/constants.ts';
import { getXattr } from '../system/xattrs.ts';
import type { OverlayXattrs } from './mount.ts';
import { mountAll } from './mount-all.ts';

export interface TryOverlayInput {
  /** An empty folder on the filesystem that snapshots are to be on. */
  readonly scratch: string;
  readonly xattrs: OverlayXattrs;
}

export type TryOverlayOutcome =
  | { readonly kind: 'works' }
  /** `isLasting`: kernel or filesystem do not do it. Else the machine lacked room or memory, and may have it the next time. */
  | { readonly kind: 'fails'; readonly reason: string; readonly isLasting: boolean };

/** How kernels and filesystems say that they never will. */
const REFUSALS: ReadonlySet<string> = new Set([
  'EPERM',
  'EACCES',
  'EINVAL',
  'ENODEV',
  'ENOSYS',
  'EOPNOTSUPP',
  'ENOTSUP',
  'ELOOP',
  'EXDEV',
  'EROFS',
]);

/**
 * Does in small what layers need of overlay: mounts, hides a file, replaces a folder, and makes a whiteout by itself. Kernels and filesystems refuse any of
 * these, some only when it is done. Leaves files in `scratch`, nothing mounted.
 */
export async function tryOverlay({ scratch, xattrs }: TryOverlayInput): Promise<TryOverlayOutcome> {
  const [lower, upper, work, merged] = ['lower', 'upper', 'work', 'merged'].map((name) => join(scratch, name)) as [
    string,
    string,
    string,
    string,
  ];
  try {
    for (const folder of [lower, upper, work, merged, join(lower, 'folder')]) mkdirSync(folder);
    for (const file of ['file', 'folder/below']) writeFileSync(join(lower, file), '');
    {
      using _mounted = mountAll([{ type: 'overlay', lowers: [lower], upper, work, xattrs, isVolatile: canBeVolatile(release()) }], merged);
      for (const file of ['file', 'folder/below']) unlinkSync(join(merged, file));
      rmdirSync(join(merged, 'folder'));
      mkdirSync(join(merged, 'folder'));
    }
    mknodat(AT_FDCWD, join(upper, 'made'), { mode: S_IFCHR });
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : '';
    const code = systemCodeOf(isAppError(error) ? error.cause : error);
    return { kind: 'fails', reason: messageOf(error) + cause, isLasting: code !== undefined && REFUSALS.has(code) };
  }
  return whyWrong(upper, xattrs);
}

/** Linux 5.10 and newer. */
function canBeVolatile(kernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  return major > 5 || (major === 5 && minor >= 10);
}

function whyWrong(upper: string, xattrs: OverlayXattrs): TryOverlayOutcome {
  for (const name of ['file', 'made']) {
    const seen = lstatSync(join(upper, name), { throwIfNoEntry: false });
    if (seen === undefined || !seen.isCharacterDevice() || seen.rdev !== 0) return lacking('whiteouts are not kept as devices');
  }
  const opaque = getXattr(join(upper, 'folder'), `${xattrs}.overlay.opaque`)?.toString();
  return opaque === 'y' ? { kind: 'works' } : lacking('replaced folders are not marked');
}

function lacking(reason: string): TryOverlayOutcome {
  return { kind: 'fails', reason, isLasting: true };
}
