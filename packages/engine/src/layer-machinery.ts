import { availableParallelism } from 'node:os';
import { type Clock, isAppError, type Logger } from '@slipway/base';
import type { Home } from './home.ts';
import type { SnapshotterChoice } from './snapshots/detect-snapshotter.ts';
import type { SnapshotMedium, Snapshotter } from './snapshots/snapshotter.ts';
import type { StateDatabase } from './state/state-database.ts';
import type { SnapshotWorkers, WorkerNamespace } from './worker/snapshot-workers.ts';

export interface LayerMachineryOptions {
  readonly home: Home;
  readonly state: StateDatabase;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly searchPath: string;
  readonly worker: URL;
  readonly wish: SnapshotMedium | 'auto';
}

/** Worker processes beyond this help nothing: the disk is busy by then. */
const MOST_WORKERS = 4;

/** The snapshots of a home and the processes that work on them: found out, loaded and started when they are first asked for, and once. */
export class LayerMachinery implements AsyncDisposable {
  readonly #options: LayerMachineryOptions;
  #choice: Promise<SnapshotterChoice> | undefined;
  #workers: Promise<SnapshotWorkers> | undefined;
  #snapshots: Promise<Snapshotter> | undefined;

  constructor(options: LayerMachineryOptions) {
    this.#options = options;
  }

  choice(): Promise<SnapshotterChoice> {
    this.#choice ??= this.#detect().catch((error: unknown) => {
      // What could not be found out now may be found out later.
      this.#choice = undefined;
      throw error;
    });
    return this.#choice;
  }

  workers(): Promise<SnapshotWorkers> {
    this.#workers ??= this.#openWorkers();
    return this.#workers;
  }

  snapshots(): Promise<Snapshotter> {
    this.#snapshots ??= this.#openSnapshots();
    return this.#snapshots;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const workers = this.#workers;
    this.#workers = undefined;
    await (await workers)?.[Symbol.asyncDispose]();
  }

  async #detect(): Promise<SnapshotterChoice> {
    const { home, logger, wish } = this.#options;
    const [{ detectSnapshotter }, start] = await Promise.all([import('./snapshots/detect-snapshotter.ts'), this.#loadWorkers()]);
    return await detectSnapshotter({
      home,
      logger,
      wish,
      openWorkers: (namespace) => {
        const workers = start(namespace, 1);
        return {
          run: async (kind, input, options) => await workers.run(kind, input, options),
          [Symbol.asyncDispose]: async () => await workers[Symbol.asyncDispose](),
        };
      },
    });
  }

  async #openWorkers(): Promise<SnapshotWorkers> {
    const start = await this.#loadWorkers();
    const namespace = await this.#namespace();
    return start(namespace, Math.min(availableParallelism(), MOST_WORKERS));
  }

  /** On a full disk nothing can be tried, but all can be removed. */
  async #namespace(): Promise<WorkerNamespace> {
    try {
      return (await this.choice()).namespace;
    } catch (error) {
      if (!isAppError(error, 'SNAPSHOTTER_UNDECIDED') && !isAppError(error, 'HOME_UNUSABLE')) throw error;
      return process.geteuid?.() === 0 ? 'mount' : 'user';
    }
  }

  async #loadWorkers(): Promise<(namespace: WorkerNamespace, count: number) => SnapshotWorkers> {
    const { worker, searchPath } = this.#options;
    const { SnapshotWorkers } = await import('./worker/snapshot-workers.ts');
    return (namespace, count) => new SnapshotWorkers({ worker, searchPath, namespace, count });
  }

  async #openSnapshots(): Promise<Snapshotter> {
    const { home, state, clock } = this.#options;
    const [{ createSnapshots }, { medium, xattrs }, workers] = await Promise.all([
      import('./snapshots/snapshots.ts'),
      this.choice(),
      this.workers(),
    ]);
    return createSnapshots({
      home,
      state,
      clock,
      medium,
      ...(xattrs === undefined ? {} : { xattrs }),
      runJob: async (kind, input, options) => await workers.run(kind, input, options),
    });
  }
}
