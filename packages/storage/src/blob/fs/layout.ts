/*
 * <root>/
 *   blobs/<algorithm>/<2 hex>/<hex>              one blob; <2 hex> are the first two digits of <hex>; all 256 folders are made ahead
 *   uploads/<id>                                 the bytes of an upload so far
 *   uploads/.probe                               written and removed by the readiness check
 *   quarantine/<algorithm>-<hex>-<milliseconds>  a damaged blob and when it was set aside
 *
 * A file appears below blobs/ only by a rename of a file that was verified and forced to disk. Its modification time is when that happened.
 */
import { type Dirent, existsSync } from 'node:fs';
import { mkdir, opendir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCodeOf } from '@slipway/base';
import { syncFolder } from '@slipway/base/node';
import { algorithmOf, type Digest, type DigestAlgorithm, hexOf, isDigest } from '@slipway/oci';
import { isAbsent, storageFailure } from './storage-failure.ts';

const ALGORITHMS: readonly DigestAlgorithm[] = ['sha256', 'sha512'];
const PREFIXES: readonly string[] = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'));

/**
 * The paths of a data folder, also for who reads it without opening the store (`@slipway/storage/blob/layout`). Digests and upload ids that
 * come in are checked already: they are safe as file names.
 */
export class Layout {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  get uploads(): string {
    return `${this.#root}/uploads`;
  }

  get quarantine(): string {
    return `${this.#root}/quarantine`;
  }

  get probe(): string {
    return `${this.#root}/uploads/.probe`;
  }

  upload(id: string): string {
    return `${this.#root}/uploads/${id}`;
  }

  blob(digest: Digest): string {
    const hex = hexOf(digest);
    return `${this.#root}/blobs/${algorithmOf(digest)}/${hex.slice(0, 2)}/${hex}`;
  }

  quarantined(digest: Digest, nowMs: number): string {
    return `${this.#root}/quarantine/${algorithmOf(digest)}-${hexOf(digest)}-${nowMs}`;
  }

  /** Makes every folder that is missing, and forces them to disk: from then on a commit has to sync a single folder. */
  async prepare(): Promise<void> {
    const blobs = join(this.#root, 'blobs');
    const above = firstExisting(this.#root);
    await makeFolders(this.#root, above);
    for (const folder of [blobs, this.uploads, this.quarantine]) await makeFolder(folder);
    for (const algorithm of ALGORITHMS) await makePrefixes(join(blobs, algorithm));
    // Always: an earlier start may have been cut off between making the folders and syncing those that hold them.
    for (const algorithm of ALGORITHMS) await syncFolder(join(blobs, algorithm));
    for (const folder of [blobs, this.uploads, this.quarantine, this.#root]) await syncFolder(folder);
    for (let folder = this.#root; folder !== above; ) {
      folder = dirname(folder);
      await syncFolder(folder);
    }
  }

  /** The name of every blob with its path, prefix folder by prefix folder. */
  async *walkBlobs(): AsyncGenerator<{ readonly digest: Digest; readonly path: string }> {
    for (const algorithm of ALGORITHMS) {
      for (const prefix of PREFIXES) {
        const folder = `${this.#root}/blobs/${algorithm}/${prefix}`;
        for await (const entry of walkFolder(folder)) {
          const digest = `${algorithm}:${entry.name}`;
          if (isDigest(digest) && entry.name.startsWith(prefix)) yield { digest, path: `${folder}/${entry.name}` };
        }
      }
    }
  }
}

/** The entries of a folder; none when it is not there. Errors: STORAGE_*. */
export async function* walkFolder(path: string): AsyncGenerator<Dirent> {
  try {
    yield* await opendir(path, { bufferSize: 256 });
  } catch (error) {
    if (!isAbsent(error)) throw storageFailure('list the data folder', error);
  }
}

async function makePrefixes(folder: string): Promise<void> {
  await makeFolder(folder);
  const present = new Set(await readdir(folder));
  const missing = PREFIXES.filter((prefix) => !present.has(prefix));
  await Promise.all(missing.map((prefix) => makeFolder(join(folder, prefix))));
}

/** Not `mkdir` with `recursive`: it tries forever below a folder that answers ENOENT, as /proc does. */
async function makeFolders(path: string, above: string): Promise<void> {
  if (path === above) return;
  await makeFolders(dirname(path), above);
  await makeFolder(path);
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error;
  }
}

function firstExisting(path: string): string {
  let folder = path;
  while (!existsSync(folder)) folder = dirname(folder);
  return folder;
}
