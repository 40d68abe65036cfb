import { Worker } from 'node:worker_threads';
import { createRingPair } from '../unpack/piece-ring.ts';
import { errorFromSent } from '../worker/sent-error.ts';
import { LayerFile, type PackedFile } from './layer-file.ts';
import type { FromPackThread, ToPackThread } from './pack-thread-message.ts';

export interface PackOptions {
  readonly output: string;
  readonly level: number;
}

/** Writes a tar as a gzip file made by ISA-L. Errors: the source's own, the system's. The file is the caller's to remove when this rejects. */
export type LayerFilePacker = (tar: AsyncIterable<Buffer>, options: PackOptions) => Promise<PackedFile>;

/** What a thread of a worker is told to be; any other reads layers. */
export const PACK_THREAD = 'pack';
/** Below this the other thread costs more than it takes over. */
const THREAD_BYTES = 1024 * 1024;

/**
 * Packs layers in another thread of this process, whose file is `entry` and calls `servePackThread`: compressing, hashing and writing go on
 * while this thread reads files. The thread starts with the first layer worth it. One layer at a time.
 */
export function createThreadPacker(entry: string): LayerFilePacker {
  let thread: Worker | undefined;
  function openThread(): Worker {
    if (thread !== undefined) return thread;
    const started = new Worker(entry, { workerData: PACK_THREAD, resourceLimits: { maxYoungGenerationSizeMb: 4 } });
    started.once('exit', () => {
      thread = undefined;
    });
    started.unref();
    thread = started;
    return started;
  }
  return async (tar, options) => {
    const iterator = tar[Symbol.asyncIterator]();
    try {
      const { start, isAll } = await takeStart(iterator);
      return isAll ? packHere(start, options) : await new ThreadPacking(openThread()).pack(start, iterator, options);
    } finally {
      await iterator.return?.();
    }
  };
}

async function takeStart(tar: AsyncIterator<Buffer>): Promise<{ readonly start: Buffer; readonly isAll: boolean }> {
  const pieces: Buffer[] = [];
  for (let sizeBytes = 0; sizeBytes < THREAD_BYTES; ) {
    const next = await tar.next();
    if (next.done === true) return { start: Buffer.concat(pieces), isAll: true };
    // The next piece may be in the same memory.
    pieces.push(Buffer.from(next.value));
    sizeBytes += next.value.length;
  }
  return { start: Buffer.concat(pieces), isAll: false };
}

function packHere(tar: Buffer, { output, level }: PackOptions): PackedFile {
  const file = new LayerFile(output, level);
  try {
    file.write(tar);
    return file.finish();
  } finally {
    file.close();
  }
}

class ThreadPacking {
  readonly #thread: Worker;

  constructor(thread: Worker) {
    this.#thread = thread;
  }

  async pack(start: Buffer, rest: AsyncIterator<Buffer>, options: PackOptions): Promise<PackedFile> {
    const { promise, resolve, reject } = Promise.withResolvers<PackedFile>();
    // It may fail while nobody awaits it.
    promise.catch(() => undefined);
    const { ring, reader, writer } = createRingPair((lengthBytes) => this.#send({ kind: 'piece', lengthBytes }));
    const take = (message: FromPackThread): void => {
      if (message.kind === 'packed') resolve(message.file);
      else reject(message.kind === 'failed' ? errorFromSent(message.error) : new Error('The layer is not wanted any more'));
    };
    const fail = (error: Error): void => {
      reject(error);
      reader.stop();
    };
    const exit = (): void => fail(new Error('The thread that packs layers ended'));
    this.#thread.on('message', take).once('error', fail).once('exit', exit).ref();
    try {
      this.#send({ kind: 'pack', output: options.output, level: options.level, ring });
      await this.#feed(start, rest, writer).catch(async (error: unknown) => {
        const isThreads = writer.isStopped;
        this.#send({ kind: 'abort' });
        const failure = await promise.catch((reason: unknown) => reason);
        // What the thread failed with is why it takes no more.
        throw isThreads ? failure : error;
      });
      return await promise;
    } finally {
      this.#thread.off('message', take).off('error', fail).off('exit', exit).unref();
    }
  }

  async #feed(start: Buffer, rest: AsyncIterator<Buffer>, writer: ReturnType<typeof createRingPair>['writer']): Promise<void> {
    await writer.writeWhenFree(start);
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) await writer.writeWhenFree(next.value);
    writer.flush();
    this.#send({ kind: 'end' });
  }

  #send(message: ToPackThread): void {
    this.#thread.postMessage(message);
  }
}
