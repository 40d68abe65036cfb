import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { createThreadPacker, PACK_THREAD } from '../diff/pack-layer-file.ts';
import { servePackThread } from '../diff/pack-thread.ts';
import { dieWithParent } from '../system/calls.ts';
import { serveLayerThread } from '../unpack/layer-thread.ts';
import { createThreadReader } from '../unpack/thread-reader.ts';
import { JOBS, type JobEnvironment, type JobFunction, type JobKind } from './jobs.ts';
import type { FromWorker, ToWorker } from './message.ts';
import { errorToSend } from './sent-error.ts';

const PROGRESS_INTERVAL_MS = 50;

/**
 * What the file of a snapshot worker calls: does jobs, one at a time, for the process that started it, and ends with it. The same file
 * serves the threads of the worker. Owns the process: sets its umask, lets jobs change its working folder.
 */
export function serveSnapshotWorker(): void {
  if (!isMainThread && parentPort !== null) {
    if (workerData === PACK_THREAD) servePackThread(parentPort);
    else serveLayerThread(parentPort);
    return;
  }
  const entry = process.argv[1];
  if (entry === undefined || process.send === undefined) throw new TypeError('A snapshot worker is started by slipway alone');
  new WorkerProcess({ readLayer: createThreadReader(entry), packFile: createThreadPacker(entry) }).serve();
}

class WorkerProcess {
  readonly #environment: JobEnvironment;
  #running: { readonly id: number; readonly abort: AbortController } | undefined;

  constructor(environment: JobEnvironment) {
    this.#environment = environment;
  }

  serve(): void {
    process.umask(0);
    // The channel closes when the other side is gone; a job that keeps this thread busy would see it late.
    dieWithParent();
    process.on('disconnect', () => process.exit(0));
    // Gone before this was listening.
    if (!process.connected) process.exit(0);
    // The terminal sends Ctrl-C to every process of the command; the one that started this one decides what it means.
    process.on('SIGINT', () => undefined);
    process.on('message', (message: ToWorker) => {
      if (message.kind === 'run') void this.#run(message);
      else if (this.#running?.id === message.id) this.#running.abort.abort(new Error('Cannot finish the job: it was cancelled'));
    });
    send({ kind: 'ready' });
  }

  async #run({ id, job, input }: Extract<ToWorker, { kind: 'run' }>): Promise<void> {
    const abort = new AbortController();
    this.#running = { id, abort };
    try {
      const run = (await JOBS[job]()) as JobFunction<JobKind>;
      const progress = sparingly((value: unknown) => send({ kind: 'progress', id, value }));
      const output = await run(input as never, { ...this.#environment, signal: abort.signal, progress });
      send({ kind: 'done', id, output });
    } catch (error) {
      send({ kind: 'failed', id, error: errorToSend(error) });
    } finally {
      this.#running = undefined;
    }
  }
}

function send(message: FromWorker): void {
  // The callback takes the failure: 'disconnect' follows and ends the process.
  process.send?.(message, undefined, undefined, () => undefined);
}

function sparingly(tell: (value: unknown) => void): (value: unknown) => void {
  let next = 0;
  return (value) => {
    const now = performance.now();
    if (now < next) return;
    next = now + PROGRESS_INTERVAL_MS;
    tell(value);
  };
}
