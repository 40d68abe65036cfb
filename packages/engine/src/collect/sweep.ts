import { existsSync, lstatSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemCodeOf } from '@slipway/base';
import type { Home } from '../home.ts';
import { moveToTrash } from '../snapshots/snapshot-folders.ts';
import type { StateReader } from '../state/state-database.ts';

export type RemoveTree = (folder: string) => Promise<void>;

const SNAPSHOT_ID = /^[0-9a-z]{26}$/;
const LEASED_UPLOAD = /^([0-9a-z]{26})-\d+$/;

/** Removes uploads whose lease is no more: its row comes before them. Returns how many. */
export function sweepUploads(home: Home, state: StateReader): number {
  const folder = join(home.content, 'uploads');
  const names = namesIn(folder).filter((name) => LEASED_UPLOAD.test(name));
  if (names.length === 0) return 0;
  const alive = new Set(state.all<{ id: string }>('SELECT id FROM lease').map(({ id }) => id));
  const orphans = names.filter((name) => !alive.has(LEASED_UPLOAD.exec(name)?.[1] ?? ''));
  for (const name of orphans) rmSync(join(folder, name), { force: true });
  return orphans.length;
}

/**
 * Moves snapshot folders to the trash that the state does not know, and their short names away. A snapshot's row is written before its folder is made and its
 * id is used once, so that a folder that was seen before the rows were read, and has none, is nobody's. Returns how many.
 */
export function sweepSnapshots(home: Home, state: StateReader): number {
  const folders = namesIn(home.snapshots).filter((name) => SNAPSHOT_ID.test(name));
  const links = namesIn(home.links).map((name) => ({ path: join(home.links, name), id: snapshotOf(join(home.links, name)) }));
  if (folders.length === 0 && links.length === 0) return 0;
  const known = new Set(state.all<{ id: string }>('SELECT id FROM snapshot').map(({ id }) => id));
  const orphans = folders.filter((id) => !known.has(id));
  for (const id of orphans) moveToTrash(home, id);
  for (const { path, id } of links) if (id !== undefined && !known.has(id)) rmSync(path, { force: true });
  return orphans.length;
}

/** Moves what commands tried out in the home, and were killed at, to the trash. */
export async function sweepTries(home: Home): Promise<void> {
  if (!namesIn(home.root).some((name) => name.startsWith('try-'))) return;
  const { sweepTryFolders } = await import('../snapshots/try-folder.ts');
  sweepTryFolders(home);
}

/** Several processes may do so at once. Folders may hold what only the workers' namespace may remove. */
export async function emptyTrash(home: Home, removeTree: RemoveTree): Promise<void> {
  for (const name of namesIn(home.trash)) {
    const path = join(home.trash, name);
    if (isFolder(path)) await removeTree(path);
    else rmSync(path, { force: true });
  }
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The snapshot that a short name stands for; undefined for what is none. */
function snapshotOf(link: string): string | undefined {
  try {
    return /^\.\.\/([0-9a-z]{26})\/fs$/.exec(readlinkSync(link))?.[1];
  } catch (error) {
    // EINVAL: not a link. ENOENT: removed meanwhile.
    if (systemCodeOf(error) === 'EINVAL' || systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
