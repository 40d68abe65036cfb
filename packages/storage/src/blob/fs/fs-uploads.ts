import { closeSync, fstatSync, fsync, ftruncateSync, futimesSync, openSync, statSync } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { type Clock, type Logger, systemCodeOf } from '@slipway/base';
import { algorithmOf, type Digest } from '@slipway/oci';
import { storageError } from '../../errors.ts';
import { offsetMismatch, throwUnlessWhole } from '../append-outcome.ts';
import type { AppendOptions, CommitOutcome, UploadStat } from '../blob-store.ts';
import { type GatherEnd, gather, hearing } from '../gather.ts';
import type { GatherBudget } from '../gather-budget.ts';
import { isUploadId, uploadInvalid, uploadUnknown } from '../upload-id.ts';
import { UploadSessions } from '../upload-sessions.ts';
import { type Layout, walkFolder } from './layout.ts';
import { digestFile, finishDigest, RunningDigests } from './running-digests.ts';
import { SharedFile } from './shared-file.ts';
import { isAbsent, storageFailure } from './storage-failure.ts';
import { type Hashing, UploadWriter } from './upload-writer.ts';

export interface FsUploadsOptions {
  readonly layout: Layout;
  readonly budget: GatherBudget;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Hashes large uploads on a thread of their own when there is one. */
  readonly hashing?: Hashing | undefined;
}

interface Receiving {
  readonly fd: number;
  readonly id: string;
  readonly source: Readable;
  readonly options: AppendOptions;
}

const syncFile = promisify(fsync);

/** The files below `uploads/`, one for each upload. Their times are those of the injected clock. */
export class FsUploads {
  readonly #layout: Layout;
  readonly #budget: GatherBudget;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #hashing: Hashing | undefined;
  readonly #sessions = new UploadSessions();
  readonly #digests = new RunningDigests();

  constructor(options: FsUploadsOptions) {
    this.#layout = options.layout;
    this.#budget = options.budget;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#hashing = options.hashing;
  }

  async create(id: string): Promise<void> {
    if (!isUploadId(id)) throw uploadInvalid(id);
    try {
      await using handle = await open(this.#layout.upload(id), 'wx', 0o600);
      this.#touch(handle.fd);
    } catch (error) {
      if (systemCodeOf(error) === 'EEXIST') throw storageError('UPLOAD_EXISTS', `Cannot create upload "${id}": there is one of that id`);
      throw storageFailure(`create upload "${id}"`, error);
    }
  }

  async stat(id: string): Promise<UploadStat | undefined> {
    if (!isUploadId(id)) return undefined;
    try {
      const found = statSync(this.#layout.upload(id), { throwIfNoEntry: false });
      return found && { sizeBytes: found.size, updatedAtMs: Math.round(found.mtimeMs) };
    } catch (error) {
      throw storageFailure(`look at upload "${id}"`, error);
    }
  }

  async append(id: string, source: Readable, options: AppendOptions): Promise<UploadStat> {
    return await hearing(source, () =>
      this.#sessions.run(id, (signal) => this.#append(id, source, { ...options, signal }), options.signal),
    );
  }

  /** Verifies and syncs the file, then hands its path to `publish`, which moves it away. */
  async commit(id: string, digest: Digest, publish: (path: string) => Promise<void>): Promise<CommitOutcome> {
    return await this.#sessions.run(id, async (signal) => {
      signal.throwIfAborted();
      const sizeBytes = await this.#verify(id, digest);
      try {
        await publish(this.#layout.upload(id));
      } catch (error) {
        throw storageFailure(`commit upload "${id}" as ${digest}`, error);
      }
      return { sizeBytes };
    });
  }

  async cancel(id: string): Promise<boolean> {
    if (!isUploadId(id)) return false;
    return await this.#sessions.cancel(id, uploadUnknown(id, 'go on with'), () => this.#discard(id));
  }

  async *walk(): AsyncGenerator<UploadStat & { readonly id: string }> {
    for await (const entry of walkFolder(this.#layout.uploads)) {
      if (!isUploadId(entry.name)) continue;
      const found = await this.stat(entry.name);
      if (found !== undefined) yield { ...found, id: entry.name };
    }
  }

  /** Breaks off what runs, keeping the bytes that came. */
  async close(): Promise<void> {
    await this.#sessions.close();
    this.#digests.clear();
    await this.#hashing?.thread.close();
  }

  async #append(id: string, source: Readable, options: AppendOptions): Promise<UploadStat> {
    const fd = this.#open(id, 'append to');
    try {
      const { end, stat } = await this.#receive({ fd, id, source, options });
      throwUnlessWhole(id, end, options.length);
      return stat;
    } finally {
      closeSync(fd);
    }
  }

  async #receive({ fd, id, source, options }: Receiving): Promise<{ readonly end: GatherEnd; readonly stat: UploadStat }> {
    try {
      const { size } = fstatSync(fd);
      if (options.offset !== undefined && options.offset !== size) throw offsetMismatch(id, options.offset, size);
      const algorithm = options.algorithm ?? 'sha256';
      const digest = this.#digests.take(id, algorithm, size);
      const hashing = this.#hashing;
      // node:http hands over each piece of a body in memory of its own.
      const ownsChunks = source instanceof IncomingMessage || ('ownsChunks' in source && source.ownsChunks === true);
      const writer = new UploadWriter({ fd, id, offset: size, algorithm, digest, hashing, ownsChunks, logger: this.#logger });
      const end = await this.#gather(writer, { source, options });
      if (writer.digest !== undefined) this.#digests.keep(id, { state: writer.digest, algorithm, offset: writer.offset });
      return { end, stat: { sizeBytes: writer.offset, updatedAtMs: this.#touch(fd) } };
    } catch (error) {
      throw storageFailure(`append to upload "${id}"`, error);
    }
  }

  async #gather(writer: UploadWriter, { source, options }: Pick<Receiving, 'source' | 'options'>): Promise<GatherEnd> {
    try {
      return await gather({ source, budget: this.#budget, write: writer.write, maxBytes: options.length, signal: options.signal });
    } finally {
      // The file may be closed only after a sync under way.
      await writer.settle();
    }
  }

  async #verify(id: string, digest: Digest): Promise<number> {
    const fd = this.#open(id, 'commit');
    const file = new SharedFile(fd, `upload "${id}"`);
    try {
      const { size } = fstatSync(fd);
      const algorithm = algorithmOf(digest);
      const running = this.#digests.take(id, algorithm, size);
      const actual = (running && (await finishDigest(running))) ?? (await digestFile(file, size, algorithm));
      if (actual !== digest) {
        await this.#discard(id);
        throw storageError('DIGEST_MISMATCH', `Cannot commit upload "${id}": content is ${actual} but ${digest} was declared`, {
          details: { actual },
        });
      }
      this.#touch(fd);
      await this.#force(fd, id);
      return size;
    } catch (error) {
      throw storageFailure(`commit upload "${id}"`, error);
    } finally {
      file.release();
    }
  }

  /** Linux drops pages it failed to write and reports that once: a second fsync would succeed over lost bytes. So a failed one empties the upload. */
  async #force(fd: number, id: string): Promise<void> {
    try {
      await syncFile(fd);
    } catch (error) {
      this.#logger.error('cannot force an upload to disk; its bytes are discarded', { upload: id, error });
      ftruncateSync(fd, 0);
      throw error;
    }
  }

  async #discard(id: string): Promise<boolean> {
    this.#digests.forget(id);
    try {
      await unlink(this.#layout.upload(id));
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw storageFailure(`discard upload "${id}"`, error);
    }
  }

  /** Takes a few µs here, where a trip through the thread pool takes 50. */
  #open(id: string, doing: string): number {
    if (!isUploadId(id)) throw uploadUnknown(id, doing);
    try {
      return openSync(this.#layout.upload(id), 'r+');
    } catch (error) {
      if (isAbsent(error)) throw uploadUnknown(id, doing);
      throw storageFailure(`${doing} upload "${id}"`, error);
    }
  }

  #touch(fd: number): number {
    const nowMs = this.#clock.now();
    futimesSync(fd, nowMs / 1000, nowMs / 1000);
    return nowMs;
  }
}
