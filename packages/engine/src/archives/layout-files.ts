import { constants, createWriteStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { systemCodeOf } from '@slipway/base';
import { syncFolder } from '@slipway/base/node';
import { algorithmOf, type Descriptor, type Digest } from '@slipway/oci';
import { createDigester } from '@slipway/oci/node';
import { engineError } from '../errors.ts';
import { pathOfDigest } from './archive-entries.ts';

interface SignalOptions {
  readonly signal?: AbortSignal;
}

type Blob = Pick<Descriptor, 'digest' | 'size'>;

/** The files of a layout's folder, which anybody may have written. */
export class LayoutFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A document of the layout, undefined when it is not there. Errors: ARCHIVE_TOO_LARGE. */
  async readDocument(name: string, maxBytes: number): Promise<Buffer | undefined> {
    await using handle = await openFile(join(this.#folder, name));
    if (handle === undefined) return undefined;
    const { size } = await handle.stat();
    if (size > maxBytes) throw engineError('ARCHIVE_TOO_LARGE', `Cannot read ${name}: it has more than ${maxBytes} bytes`);
    return await handle.readFile();
  }

  async statBlob(digest: Digest): Promise<{ readonly sizeBytes: number } | undefined> {
    await using handle = await openFile(this.#blob(digest));
    return handle && { sizeBytes: (await handle.stat()).size };
  }

  /** Errors: CONTENT_MISSING, CONTENT_CORRUPT. */
  async openBlob({ digest, size }: Blob, options: SignalOptions & { readonly offset?: number } = {}): Promise<Readable> {
    const { offset = 0, signal } = options;
    const handle = await openFile(this.#blob(digest));
    if (handle === undefined)
      throw engineError('CONTENT_MISSING', `Cannot read blob ${digest}: it is not in the layout ${JSON.stringify(this.#folder)}`);
    const { size: actual } = await handle.stat();
    if (actual === size && offset < size) return handle.createReadStream({ start: offset, ...(signal === undefined ? {} : { signal }) });
    await handle.close();
    if (actual === size) return Readable.from([], { objectMode: false });
    throw engineError('CONTENT_CORRUPT', `Cannot read blob ${digest}: it has ${actual} bytes, not ${size}`);
  }

  /** Puts verified bytes in place, durably. Errors: ARCHIVE_BLOB_MISMATCH; the source's own. */
  async writeBlob({ digest, size }: Blob, content: Readable, { signal }: SignalOptions = {}): Promise<void> {
    const target = this.#blob(digest);
    const folder = join(target, '..');
    await mkdir(folder, { recursive: true });
    const temporary = join(this.#folder, `.incoming-${crypto.randomUUID()}`);
    const digester = createDigester(algorithmOf(digest));
    let sizeBytes = 0;
    async function* hashed(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
      for await (const chunk of source) {
        sizeBytes += chunk.length;
        if (sizeBytes > size) throw mismatch(digest, `more than ${size} bytes`);
        digester.update(chunk);
        yield chunk;
      }
    }
    try {
      const file = createWriteStream(temporary, { flags: 'wx', mode: 0o644, flush: true });
      await pipeline(content, hashed, file, signal === undefined ? {} : { signal });
      const actual = digester.digest();
      if (actual !== digest) throw mismatch(digest, actual);
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await syncFolder(folder);
  }

  #blob(digest: Digest): string {
    return join(this.#folder, pathOfDigest(digest));
  }
}

/** Undefined for what is not there or no file; does not wait for a pipe's writer. */
async function openFile(path: string): Promise<FileHandle | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  return undefined;
}

function mismatch(digest: Digest, actual: string): Error {
  return engineError('ARCHIVE_BLOB_MISMATCH', `Cannot write blob ${digest}: its content is ${actual}`);
}
