import { existsSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import type { OverlayMount } from './mount.ts';

export interface OverlayOptions {
  /** Paths in `text` are relative to this folder, so that it is short: the process has to be there when it mounts. */
  readonly base: string;
  readonly text: string;
}

/** Features that would put into upper folders what is no part of a layer; a kernel may have them on by itself. */
const UNWANTED_FEATURES = { trusted: ['index', 'metacopy', 'redirect_dir'], user: ['index'] } as const;

/** The options of mount(2) for an overlay. */
export function overlayOptions(mount: OverlayMount, isKnown: (feature: string) => boolean = isKnownFeature): OverlayOptions {
  const folders = [...mount.lowers, mount.upper, mount.work].filter((folder) => folder !== undefined);
  const base = commonFolder(folders);
  const shown = (folder: string) => escapePath(relative(base, folder) || '.');
  const options = [`lowerdir=${mount.lowers.map(shown).join(':')}`];
  if (mount.upper !== undefined) options.push(`upperdir=${shown(mount.upper)}`);
  if (mount.work !== undefined) options.push(`workdir=${shown(mount.work)}`);
  // With `userxattr` the kernel turns the other two off by itself, and refuses to be told.
  for (const feature of UNWANTED_FEATURES[mount.xattrs]) if (isKnown(feature)) options.push(`${feature}=off`);
  if (mount.xattrs === 'user') options.push('userxattr');
  if (mount.isVolatile === true) options.push('volatile');
  return { base, text: options.join(',') };
}

function isKnownFeature(feature: string): boolean {
  return existsSync(`/sys/module/overlay/parameters/${feature}`);
}

function commonFolder(folders: readonly string[]): string {
  let common = dirname(folders[0] ?? '/');
  while (common !== '/' && folders.some((folder) => !folder.startsWith(`${common}/`))) common = dirname(common);
  return common;
}

/** The kernel splits lower folders at colons and options at commas, unless a backslash stands before. */
function escapePath(path: string): string {
  return path.replace(/[\\:,]/g, String.raw`\$&`);
}
