/*
 * <home>/try-<6 chars>/   where a command tries what the filesystem can, locked while it does; the kernel drops the lock however the command ends
 */
import { closeSync, fstatSync, mkdtempSync, openSync, readdirSync, renameSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { messageOf, systemCodeOf } from '@slipway/base';
import { engineError } from '../errors.ts';
import type { Home } from '../home.ts';
import { flock } from '../system/calls.ts';
import { removeTree } from './remove-tree.ts';

export interface TryFolder extends AsyncDisposable {
  readonly path: string;
}

const TRY_FOLDER = /^try-[^/]{6}$/;

/** Makes an empty folder on the filesystem of the home; disposing removes it. Not in the trash, which other commands empty meanwhile. Errors: HOME_UNUSABLE. */
export function openTryFolder(home: Home): TryFolder {
  for (;;) {
    const path = makeFolder(home);
    const fd = lockFolder(path);
    if (fd === undefined) continue;
    return {
      path,
      async [Symbol.asyncDispose]() {
        await removeTree({ folder: path });
        closeSync(fd);
      },
    };
  }
}

function makeFolder(home: Home): string {
  try {
    return mkdtempSync(join(home.root, 'try-'));
  } catch (error) {
    const reason = systemCodeOf(error) ?? messageOf(error);
    throw engineError('HOME_UNUSABLE', `Cannot make a folder in ${JSON.stringify(home.root)}: ${reason}`, { cause: error });
  }
}

/** Moves the folders of commands that are no more to the trash. */
export function sweepTryFolders(home: Home): void {
  for (const name of readdirSync(home.root).filter((entry) => TRY_FOLDER.test(entry))) {
    const path = join(home.root, name);
    const fd = lockFolder(path);
    if (fd === undefined) continue;
    try {
      renameSync(path, join(home.trash, basename(path)));
    } finally {
      closeSync(fd);
    }
  }
}

/** The locked folder; undefined when somebody else has locked or taken it. */
function lockFolder(path: string): number | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  if (flock(fd, 'exclusive') && statSync(path, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino) return fd;
  closeSync(fd);
  return undefined;
}
