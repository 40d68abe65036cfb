import { Worker } from 'node:worker_threads';
import { layerError } from '../layer-errors.ts';
import type { CompressChunk } from './compress-chunk.ts';

interface Job {
  readonly chunk: CompressChunk;
  readonly resolve: (compressed: Buffer) => void;
  readonly reject: (error: unknown) => void;
}

/** Worker threads that compress chunks, started when there is work for them and kept until the pool is disposed of. */
export class CompressPool implements AsyncDisposable {
  readonly threads: number;
  readonly #workers: WorkerSlot[] = [];
  readonly #waiting: Job[] = [];
  #isClosed = false;

  constructor(threads: number) {
    this.threads = threads;
  }

  /** Takes the chunk's memory over: `bytes` is not readable any more afterwards. Rejects when the pool is disposed of before it is done. */
  run(chunk: CompressChunk): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(closedError());
        return;
      }
      this.#waiting.push({ chunk, resolve, reject });
      this.#assign();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const job of this.#waiting.splice(0)) job.reject(closedError());
    await Promise.all(this.#workers.splice(0).map((slot) => slot.close()));
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const slot = this.#workers.find(({ isIdle }) => isIdle) ?? this.#start();
      const job = slot === undefined ? undefined : this.#waiting.shift();
      if (slot === undefined || job === undefined) return;
      slot.run(job);
    }
  }

  #start(): WorkerSlot | undefined {
    if (this.#workers.length >= this.threads) return undefined;
    const slot = new WorkerSlot(() => this.#assign());
    this.#workers.push(slot);
    return slot;
  }
}

/** The thread's file lies beside this one: in the sources as TypeScript, in a bundle as an entry of its own. */
const WORKER_FILE = new URL(import.meta.url.endsWith('.ts') ? './compress-worker.ts' : './compress-worker.js', import.meta.url);

class WorkerSlot {
  readonly #worker: Worker;
  #job: Job | undefined;
  #failure: unknown;

  constructor(onIdle: () => void) {
    this.#worker = new Worker(WORKER_FILE, { name: 'compress' });
    this.#worker.on('message', (compressed: Uint8Array) => {
      const job = this.#take();
      job?.resolve(Buffer.from(compressed.buffer, compressed.byteOffset, compressed.byteLength));
      onIdle();
    });
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(closedError()));
    // A pool that nobody disposed of must not keep a finished command alive.
    this.#worker.unref();
  }

  get isIdle(): boolean {
    return this.#job === undefined;
  }

  run(job: Job): void {
    if (this.#failure !== undefined) {
      job.reject(this.#failure);
      return;
    }
    this.#job = job;
    this.#worker.ref();
    this.#worker.postMessage(job.chunk, [job.chunk.bytes.buffer as ArrayBuffer]);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
    this.#fail(closedError());
  }

  #take(): Job | undefined {
    const job = this.#job;
    this.#job = undefined;
    this.#worker.unref();
    return job;
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#take()?.reject(error);
  }
}

function closedError(): Error {
  return layerError('COMPRESSION_CANCELLED', 'Cannot compress the layer: its compressor was closed');
}
