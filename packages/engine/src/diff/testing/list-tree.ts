import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { getXattr } from '../../system/xattrs.ts';

/** A line for each name of a tree, with what a layer keeps of it; times of folders are left out. */
export function listTree(root: string): string[] {
  const groups = new Map<bigint, string>();
  const lines: string[] = [];
  const visit = (path: string): void => {
    for (const name of readdirSync(join(root, path)).sort()) {
      const at = path === '' ? name : `${path}/${name}`;
      lines.push(describe(root, at, groups));
      if (lstatSync(join(root, at)).isDirectory()) visit(at);
    }
  };
  visit('');
  return lines;
}

function describe(root: string, path: string, groups: Map<bigint, string>): string {
  const full = join(root, path);
  const stats = lstatSync(full, { bigint: true });
  const group = stats.nlink > 1n && !stats.isDirectory() ? (groups.get(stats.ino) ?? path) : '-';
  groups.set(stats.ino, group);
  const mtime = stats.isDirectory() ? '-' : stats.mtimeNs / 1_000_000_000n;
  const content = contentOf(full);
  const capability = stats.isFile() ? getXattr(full, 'security.capability')?.toString('hex') : undefined;
  return [path, stats.mode.toString(8), stats.uid, stats.gid, mtime, group, capability ?? '-', content].join(' ');
}

function contentOf(full: string): string {
  const stats = lstatSync(full);
  if (stats.isSymbolicLink()) return readlinkSync(full);
  return stats.isFile() ? JSON.stringify(readFileSync(full, 'latin1')) : '';
}

/** Names of files that have several. */
export function sharedNames(root: string): Set<string> {
  const found = new Set<string>();
  const visit = (path: string): void => {
    for (const name of readdirSync(join(root, path))) {
      const at = path === '' ? name : `${path}/${name}`;
      const stats = lstatSync(join(root, at));
      if (stats.isDirectory()) visit(at);
      else if (stats.nlink > 1) found.add(at);
    }
  };
  visit('');
  return found;
}
