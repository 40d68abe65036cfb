/*
 * <home>/snapshots/<id>/fs      the files
 * <home>/snapshots/<id>/work    overlay's work folder, while the snapshot is active
 * <home>/snapshots/l/<8 chars>  -> ../<id>/fs, named by the id's first characters
 * <home>/snapshots/none         an empty folder: the view of an image without layers
 */
import { mkdirSync, readlinkSync, renameSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { systemCodeOf } from '@slipway/base';
import type { Home } from '../home.ts';

const LINK_LENGTH = 8;

export function filesOf(home: Home, id: string): string {
  return join(home.snapshots, id, 'fs');
}

export function workOf(home: Home, id: string): string {
  return join(home.snapshots, id, 'work');
}

/** The short name of `filesOf`: mount options have to stay below 4 KiB. */
export function linkOf(home: Home, id: string): string {
  return join(home.links, id.slice(0, LINK_LENGTH));
}

/** Makes the folder of a snapshot and its short name. False when another one has that name: take another id. */
export function makeSnapshotFolder(home: Home, id: string): boolean {
  try {
    symlinkSync(linkTargetOf(id), linkOf(home, id));
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return false;
    throw error;
  }
  mkdirSync(join(home.snapshots, id), { mode: 0o711 });
  return true;
}

/** The folder that stands for no layers at all. */
export function makeEmptyFolder(home: Home): string {
  const folder = join(home.snapshots, 'none');
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  return folder;
}

/**
 * Takes a snapshot's folder and short name out of the way, at once and for all processes; what is in the trash is then removed at leisure. Idempotent.
 * Returns the folder in the trash.
 */
export function moveToTrash(home: Home, id: string): string {
  const target = join(home.trash, id);
  ignoring('ENOENT', () => {
    if (readlinkSync(linkOf(home, id)) === linkTargetOf(id)) unlinkSync(linkOf(home, id));
  });
  ignoring('ENOENT', () => renameSync(join(home.snapshots, id), target));
  return target;
}

/** Removes the work folder of a snapshot that is not mounted any more; what the kernel left in it goes to the trash, which is returned. */
export function dropWorkFolder(home: Home, id: string): string | undefined {
  const work = workOf(home, id);
  try {
    rmdirSync(work);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    if (systemCodeOf(error) !== 'ENOTEMPTY') throw error;
    const target = join(home.trash, `${id}-work`);
    renameSync(work, target);
    return target;
  }
  return undefined;
}

function linkTargetOf(id: string): string {
  return join('..', id, 'fs');
}

function ignoring(code: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (systemCodeOf(error) !== code) throw error;
  }
}
