import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf, systemCodeOf } from '@slipway/base';
import { writeDurably } from '@slipway/base/node';
import { serverError } from './errors.ts';

// <data>/slipway.db             accounts, repositories, manifests, tags (SQLite, WAL)
// <data>/blobs, uploads, …      the blob store's: packages/storage/src/blob/fs
// <data>/keys/<kid>.jwk         keys that sign access tokens (0600)
// <data>/keys/upload.key        binds upload sessions to repositories (0600)
// <data>/admin-password         the first password of `admin`, if it was made up (0600)
// <data>/admin.sock             the owner's way in, without a login (0600)
// <data>/lock                   held by the running server

const UPLOAD_KEY_BYTES = 32;

/** The folder of everything that is kept, held by this process alone until it is disposed or the process ends, however it ends. */
export interface DataFolder extends Disposable {
  readonly path: string;
  readonly databaseFile: string;
  readonly keyFolder: string;
  readonly adminSocket: string;
  readonly adminPasswordFile: string;
  readonly uploadKey: Uint8Array;
}

/** Throws DATA_FOLDER_BUSY, DATA_FOLDER_UNUSABLE. */
export async function openDataFolder(path: string): Promise<DataFolder> {
  const keyFolder = join(path, 'keys');
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await mkdir(keyFolder, { recursive: true, mode: 0o700 });
    await chmod(keyFolder, 0o700);
  } catch (error) {
    throw serverError('DATA_FOLDER_UNUSABLE', `Cannot use the data folder "${path}": ${messageOf(error)}`, { cause: error });
  }
  const lock = lockFolder(path);
  try {
    const uploadKey = await readOrMakeKey(join(keyFolder, 'upload.key'));
    return {
      path,
      databaseFile: join(path, 'slipway.db'),
      keyFolder,
      adminSocket: join(path, 'admin.sock'),
      adminPasswordFile: join(path, 'admin-password'),
      uploadKey,
      [Symbol.dispose]: () => lock.close(),
    };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** Node has no flock: an exclusive SQLite transaction is a lock that the kernel drops with the process. */
function lockFolder(path: string): DatabaseSync {
  try {
    const lock = new DatabaseSync(join(path, 'lock'));
    try {
      lock.exec('pragma journal_mode = delete; begin exclusive');
      return lock;
    } catch (error) {
      lock.close();
      throw error;
    }
  } catch (error) {
    const isBusy = /locked|busy/i.test(messageOf(error));
    if (isBusy) throw serverError('DATA_FOLDER_BUSY', `Cannot use the data folder "${path}": another server uses it`, { cause: error });
    throw serverError('DATA_FOLDER_UNUSABLE', `Cannot use the data folder "${path}": ${messageOf(error)}`, { cause: error });
  }
}

async function readOrMakeKey(path: string): Promise<Uint8Array> {
  try {
    const key = await readFile(path);
    if (key.length === UPLOAD_KEY_BYTES) return key;
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  }
  const key = randomBytes(UPLOAD_KEY_BYTES);
  await writeDurably(path, key, { mode: 0o600 });
  return key;
}
