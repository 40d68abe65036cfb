/*
 * <home>/
 *   engine.db                 what images, names, layers, snapshots and leases there are (SQLite, WAL)
 *   content/                  the bytes by digest: blobs/<algorithm>/<2 hex>/<hex>, uploads/<lease id>-<n>
 *   snapshots/<id>/           a layer unpacked: fs/, and work/ while it is active
 *   snapshots/l/<8 chars>     -> ../<id>/fs: short names, for mount options have to stay below 4 KiB
 *   leases/<id>               one file for each running command, locked: the kernel drops the lock however the command ends
 *   trash/<name>              what is being removed
 *   snapshotter.json          how layers are kept here, as it was found out
 *   try-<6 chars>/            where that is found out, locked meanwhile
 *   mirrors.json              read by the registry client
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { messageOf, systemCodeOf } from '@slipway/base';
import { syncFolder } from '@slipway/base/node';
import { engineError } from './errors.ts';

/** The paths of a home folder. */
export interface Home {
  readonly root: string;
  readonly database: string;
  readonly content: string;
  readonly snapshots: string;
  /** Of the snapshots' short names. */
  readonly links: string;
  readonly leases: string;
  readonly trash: string;
}

export function homeAt(path: string): Home {
  const root = resolve(path);
  return {
    root,
    database: join(root, 'engine.db'),
    content: join(root, 'content'),
    snapshots: join(root, 'snapshots'),
    links: join(root, 'snapshots/l'),
    leases: join(root, 'leases'),
    trash: join(root, 'trash'),
  };
}

/** Makes the folders that are missing, durably, the database's file last. Errors: HOME_UNUSABLE. */
export async function prepareHome(path: string): Promise<Home> {
  const home = homeAt(path);
  // The database comes into being after the folders.
  if (existsSync(home.database)) return home;
  try {
    const above = firstExisting(home.root);
    // Only their owner may look inside: layers hold setuid programs, configs hold secrets.
    for (const folder of [home.root, home.snapshots, home.links, home.leases, home.trash])
      await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const folder of [home.snapshots, home.root]) await syncFolder(folder);
    for (let folder = home.root; folder !== above; ) {
      folder = dirname(folder);
      await syncFolder(folder);
    }
    return home;
  } catch (error) {
    throw engineError('HOME_UNUSABLE', `Cannot use the folder ${JSON.stringify(home.root)}: ${systemCodeOf(error) ?? messageOf(error)}`, {
      cause: error,
    });
  }
}

function firstExisting(path: string): string {
  let folder = path;
  while (!existsSync(folder)) folder = dirname(folder);
  return folder;
}
