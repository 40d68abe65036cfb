import { closeSync, existsSync, fstatSync, openSync, statSync } from 'node:fs';
import { rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Clock, KeyedLock, type Logger } from '@slipway/base';
import { syncFolder } from '@slipway/base/node';
import type { Digest } from '@slipway/oci';
import { storageError } from '../../errors.ts';
import type { BlobStat, OpenBlob } from '../blob-store.ts';
import { BufferPool } from '../buffer-pool.ts';
import { FsOpenBlob } from './fs-open-blob.ts';
import type { Layout } from './layout.ts';
import { SharedFile } from './shared-file.ts';
import { isAbsent, storageFailure } from './storage-failure.ts';

export interface FsBlobsOptions {
  readonly layout: Layout;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface NamedBlob {
  readonly digest: Digest;
  readonly path: string;
}

const STATS_AT_ONCE = 64;

/** The files below `blobs/`. */
export class FsBlobs {
  readonly #layout: Layout;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Held while the file of a digest comes or goes; readers need it never: what they opened stays. */
  readonly #digests = new KeyedLock();
  readonly #arriving = new Map<Digest, Promise<void>>();
  readonly #pool = new BufferPool();

  constructor(options: FsBlobsOptions) {
    this.#layout = options.layout;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  async stat(digest: Digest): Promise<BlobStat | undefined> {
    // Between its rename and the sync of its folder a blob is there, but not yet promised.
    await this.#arriving.get(digest)?.catch(() => undefined);
    return this.#stat(digest);
  }

  async open(digest: Digest): Promise<OpenBlob | undefined> {
    let fd: number | undefined;
    try {
      // Opening and looking take a few µs here, and a trip through the thread pool 50: it decides what a small blob costs.
      fd = openSync(this.#layout.blob(digest), 'r');
      const { size } = fstatSync(fd);
      return new FsOpenBlob({ file: new SharedFile(fd, `blob ${digest}`), sizeBytes: size, pool: this.#pool, clock: this.#clock });
    } catch (error) {
      if (fd !== undefined) closeSync(fd);
      if (isAbsent(error)) return undefined;
      throw storageFailure(`open blob ${digest}`, error);
    }
  }

  /** A blob deleted just before power loss may be back after it: `walk` finds it. */
  async delete(digest: Digest): Promise<number> {
    const path = this.#layout.blob(digest);
    return await this.#digests.run(digest, async () => {
      const found = this.#stat(digest);
      if (found === undefined) return 0;
      try {
        await unlink(path);
        return found.sizeBytes;
      } catch (error) {
        if (isAbsent(error)) return 0;
        throw storageFailure(`delete blob ${digest}`, error);
      }
    });
  }

  async *walk(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<BlobStat & { readonly digest: Digest }> {
    let names: NamedBlob[] = [];
    for await (const name of this.#layout.walkBlobs()) {
      options.signal?.throwIfAborted();
      names.push(name);
      if (names.length < STATS_AT_ONCE) continue;
      yield* await this.#statAll(names);
      names = [];
    }
    yield* await this.#statAll(names);
  }

  async quarantine(digest: Digest): Promise<void> {
    const path = this.#layout.blob(digest);
    const aside = this.#layout.quarantined(digest, this.#clock.now());
    await this.#digests.run(digest, async () => {
      try {
        await rename(path, aside);
        await syncFolder(this.#layout.quarantine);
        await syncFolder(dirname(path));
      } catch (error) {
        if (isAbsent(error)) throw storageError('BLOB_UNKNOWN', `Cannot set blob ${digest} aside: it is not stored`);
        throw storageFailure(`set blob ${digest} aside`, error);
      }
    });
    this.#logger.warn('set a damaged blob aside', { digest, file: aside });
  }

  /** Moves a verified, synced file to its name, and forces the name to disk. When that fails, nothing new is visible. */
  async publish(path: string, digest: Digest): Promise<void> {
    const arriving = this.#digests.run(digest, () => this.#publish(path, digest));
    this.#arriving.set(digest, arriving);
    try {
      await arriving;
    } finally {
      if (this.#arriving.get(digest) === arriving) this.#arriving.delete(digest);
    }
  }

  async #publish(path: string, digest: Digest): Promise<void> {
    const target = this.#layout.blob(digest);
    const replaces = existsSync(target);
    await rename(path, target);
    try {
      await syncFolder(dirname(target));
    } catch (error) {
      // Taking a replaced blob away would lose what others were promised; its successor has the same, verified bytes.
      if (!replaces) await rename(target, path);
      throw error;
    }
  }

  #stat(digest: Digest): BlobStat | undefined {
    try {
      const found = statSync(this.#layout.blob(digest), { throwIfNoEntry: false });
      return found && { sizeBytes: found.size, storedAtMs: Math.round(found.mtimeMs) };
    } catch (error) {
      throw storageFailure(`look at blob ${digest}`, error);
    }
  }

  /** By way of the thread pool: of many blobs, most are not in the kernel's caches. */
  async #statAll(names: readonly NamedBlob[]): Promise<(BlobStat & { readonly digest: Digest })[]> {
    const stats = await Promise.all(
      names.map(async ({ digest, path }) => {
        try {
          const { size, mtimeMs } = await stat(path);
          return [{ digest, sizeBytes: size, storedAtMs: Math.round(mtimeMs) }];
        } catch (error) {
          if (isAbsent(error)) return [];
          throw storageFailure(`look at blob ${digest}`, error);
        }
      }),
    );
    return stats.flat();
  }
}
