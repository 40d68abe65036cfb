import { createWriteStream } from 'node:fs';
import { type FileHandle, open, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf, systemCodeOf } from '@slipway/base';
import { syncFolder } from '@slipway/base/node';
import { cliError } from '../../errors.ts';

/**
 * Writes a file whole or not at all: until everything is on disk, `path` is what it was. A device or pipe is written to as it is.
 * Throws OUTPUT_REFUSED, before anything is read, for a path that cannot be a file.
 */
export async function writeOutput(path: string, open: () => AsyncIterable<Buffer>, signal: AbortSignal): Promise<void> {
  const kind = await kindOf(path);
  if (kind === 'folder') throw refused(`"${path}" is a directory`);
  if (kind === 'special') return await pipeline(Readable.from(open()), createWriteStream(path), { signal });
  const temporary = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.tmp`);
  const handle = await create(path, temporary);
  try {
    await pipeline(Readable.from(open()), handle.createWriteStream({ flush: true }), { signal });
    await rename(temporary, path);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path));
}

async function create(path: string, temporary: string): Promise<FileHandle> {
  try {
    return await open(temporary, 'wx', 0o600);
  } catch (error) {
    throw refused(systemCodeOf(error) === 'ENOENT' ? `directory "${dirname(path)}" does not exist` : messageOf(error), error);
  }
}

async function kindOf(path: string): Promise<'file' | 'folder' | 'special'> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.isFile()) return 'file';
  return found.isDirectory() ? 'folder' : 'special';
}

function refused(reason: string, cause?: unknown) {
  return cliError('OUTPUT_REFUSED', `failed to save image: invalid output path: ${reason}`, { cause });
}
