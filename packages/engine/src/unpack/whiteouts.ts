import { systemCodeOf } from '@slipway/base';
import { close, futimens, mknodat, openat } from '../system/calls.ts';
import { O_DIRECTORY, O_NOFOLLOW, O_RDONLY, S_IFCHR } from '../system/constants.ts';
import { modifiedAt } from '../system/modified-at.ts';
import { setXattr } from '../system/xattrs.ts';
import type { OpenFolder } from './folder-cache.ts';
import { type LayerPaths, pathIn } from './layer-paths.ts';
import { NeedsParent } from './needs-parent.ts';
import { namesIn, removeAt } from './remove-at.ts';
import type { OverlayMarks } from './unpack-input.ts';

/** How a layer hides what the layers below have. What the layer itself has, before or after in its tar, stays. */
export interface Whiteouts {
  /** Hides `name`, one name in an open folder. */
  hide(folder: OpenFolder, name: Buffer): void;
  /** Hides all that is in the folder. */
  hideAll(folder: OpenFolder): void;
  /** A folder was made where the layer had something else before: what lower layers have in such a folder does not show. */
  coverFolder(folder: OpenFolder, name: Buffer): void;
  /** What was hidden, for a layer unpacked alone. */
  paths(): readonly Buffer[];
}

/** Marks for overlay, beside the layer's files. */
export function createMarks({ xattrs }: OverlayMarks): Whiteouts {
  const opaque = `${xattrs}.overlay.opaque`;
  const hidden: Buffer[] = [];
  function markOpaque(fd: number, path: string): void {
    setXattr(fd, opaque, Buffer.from('y'));
    hidden.push(Buffer.from(`${path}/`, 'latin1'));
  }
  function coverFolder(folder: OpenFolder, name: Buffer): void {
    withFolder(folder, name, (fd) => markOpaque(fd, pathIn(folder.path, name)));
  }
  return {
    hide(folder, name) {
      try {
        mknodat(folder.fd, name, { mode: S_IFCHR });
        hidden.push(Buffer.from(pathIn(folder.path, name), 'latin1'));
      } catch (error) {
        if (systemCodeOf(error) !== 'EEXIST') throw error;
        coverFolder(folder, name);
      }
    },
    hideAll({ fd, path }) {
      // Overlay merges the roots of its layers whatever they are marked with.
      if (path === '') throw new NeedsParent('opaque-root', Buffer.from('/'));
      markOpaque(fd, path);
    },
    coverFolder,
    paths: () => hidden,
  };
}

/** Takes away what is there, unless it is among the layer's own `paths`. */
export function createRemovals(paths: LayerPaths): Whiteouts {
  function hide(folder: OpenFolder, name: Buffer): void {
    const path = pathIn(folder.path, name);
    if (!paths.has(path)) removeAt(folder.fd, name);
    else withFolder(folder, name, (fd) => hideAllIn(fd, path));
  }
  function hideAllIn(fd: number, path: string): void {
    // Folders of the layer are entered that it may have no entry for.
    const time = modifiedAt(fd);
    for (const name of namesIn(fd)) hide({ fd, path, isSetgid: false }, name);
    futimens(fd, time);
  }
  return {
    hide,
    hideAll: ({ fd, path }) => hideAllIn(fd, path),
    coverFolder: () => undefined,
    paths: () => [],
  };
}

/** Opens `name` if it is a folder. */
function withFolder(folder: OpenFolder, name: Buffer, use: (fd: number) => void): void {
  let fd: number;
  try {
    fd = openat(folder.fd, name, { flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW });
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENOENT') return;
    throw error;
  }
  try {
    use(fd);
  } finally {
    close(fd);
  }
}
