import { engineError } from '../errors.ts';
import type { JobKind, WorkerJobs } from './jobs.ts';
import type { WorkerCommandOptions } from './worker-command.ts';
import { WorkerHandle } from './worker-handle.ts';

export type { WorkerNamespace } from './worker-command.ts';
export type { WorkerEnd } from './worker-handle.ts';

export interface SnapshotWorkersOptions extends WorkerCommandOptions {
  /** The file whose `serveSnapshotWorker` does the work. */
  readonly worker: URL;
  /** Processes at most. */
  readonly count: number;
}

export interface RunOptions<Kind extends JobKind> {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: WorkerJobs[Kind]['progress']) => void) | undefined;
}

interface WaitingJob {
  readonly signal: AbortSignal | undefined;
  readonly take: (handle: WorkerHandle) => void;
  readonly refuse: (error: Error) => void;
}

/**
 * Child processes that work on unpacked files: they may have namespaces, set their umask, and keep the event loop of the command free. They
 * are started when there is work and kept until this is disposed of, which aborts what still runs; they end when the process that started
 * them is gone. A job has a process to itself.
 */
export class SnapshotWorkers implements AsyncDisposable {
  readonly #options: SnapshotWorkersOptions;
  readonly #idle: WorkerHandle[] = [];
  readonly #all = new Set<WorkerHandle>();
  readonly #waiting: WaitingJob[] = [];
  #isClosed = false;

  constructor(options: SnapshotWorkersOptions) {
    this.#options = options;
  }

  /**
   * Runs a job once a process is free, which is when an input given as a function is asked for. When this settles nothing of the job is going on
   * any more, also after an abort, which rejects with the signal's reason. Errors: the job's own; WORKER_FAILED when its process can't be started or ends; WORKER_CLOSED.
   */
  async run<Kind extends JobKind>(
    kind: Kind,
    input: WorkerJobs[Kind]['input'] | (() => WorkerJobs[Kind]['input']),
    options: RunOptions<Kind> = {},
  ): Promise<WorkerJobs[Kind]['output']> {
    const handle = await this.#acquire(options.signal);
    try {
      const onProgress = options.onProgress as ((progress: unknown) => void) | undefined;
      const value: unknown = typeof input === 'function' ? input() : input;
      return (await handle.run({ kind, input: value, signal: options.signal, onProgress })) as WorkerJobs[Kind]['output'];
    } finally {
      this.#release(handle);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const { refuse } of this.#waiting.splice(0)) refuse(closed());
    await Promise.all([...this.#all].map((handle) => handle.end()));
    this.#all.clear();
  }

  async #acquire(signal: AbortSignal | undefined): Promise<WorkerHandle> {
    signal?.throwIfAborted();
    if (this.#isClosed) throw closed();
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.isAlive) return idle;
      this.#all.delete(idle);
    }
    if (this.#all.size < this.#options.count) return this.#start();
    return await new Promise((resolve, reject) => this.#wait({ signal, take: resolve, refuse: reject }));
  }

  #wait({ signal, take, refuse }: WaitingJob): void {
    const abort = (): void => {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      refuse(signal?.reason as Error);
    };
    const waiting: WaitingJob = {
      signal,
      take: (handle) => {
        signal?.removeEventListener('abort', abort);
        take(handle);
      },
      refuse: (error) => {
        signal?.removeEventListener('abort', abort);
        refuse(error);
      },
    };
    signal?.addEventListener('abort', abort, { once: true });
    this.#waiting.push(waiting);
  }

  #start(): WorkerHandle {
    const handle = new WorkerHandle(this.#options);
    this.#all.add(handle);
    return handle;
  }

  #release(handle: WorkerHandle): void {
    const isUsable = handle.isAlive && !this.#isClosed;
    if (!isUsable && !this.#isClosed) this.#all.delete(handle);
    const next = this.#waiting.shift();
    if (next !== undefined) next.take(isUsable ? handle : this.#start());
    else if (isUsable) this.#idle.push(handle);
  }
}

function closed(): Error {
  return engineError('WORKER_CLOSED', 'Cannot work on the unpacked files: the command is ending');
}
