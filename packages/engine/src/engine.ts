import { type Clock, type Logger, silentLogger } from '@slipway/base';
import type { Descriptor } from '@slipway/oci';
import type { CleanUpOutcome } from './collect/clean-up.ts';
import type { CollectOptions, CollectOutcome, CollectParts } from './collect/collect.ts';
import type { EngineUsage } from './collect/usage.ts';
import type { ContentStore } from './content/content-store.ts';
import { createFsContentStore } from './content/fs-content-store.ts';
import type { EngineParts } from './engine-parts.ts';
import { type Home, prepareHome } from './home.ts';
import type { ImageRecord } from './images/image-record.ts';
import type { ImageStore } from './images/image-store.ts';
import { createImageStore } from './images/sqlite-image-store.ts';
import { LayerMachinery } from './layer-machinery.ts';
import type { Leases } from './leases/lease.ts';
import { createLeases } from './leases/open-leases.ts';
import type { LocalContentSource } from './pack/content-source.ts';
import type { PackOptions } from './pack/pack-image.ts';
import type { ImageReceiver, ReceiveOptions } from './receive/image-receiver.ts';
import type { SnapshotterChoice } from './snapshots/detect-snapshotter.ts';
import type { SnapshotMedium, Snapshotter } from './snapshots/snapshotter.ts';
import { openState } from './state/open-state.ts';
import type { StateDatabase } from './state/state-database.ts';
import type { SnapshotWorkers } from './worker/snapshot-workers.ts';

export interface EngineOptions {
  /** The home folder; made when it is not there. */
  readonly home: string;
  readonly clock: Clock;
  readonly logger?: Logger;
  /** Folders to look for programs in (igzip, newuidmap), as `PATH` has them. */
  readonly searchPath: string;
  /** The application's file that calls `serveSnapshotWorker`. */
  readonly worker: URL;
  /** The application's file that calls `serveHashing`: downloads are then hashed beside the event loop. */
  readonly hashWorker?: URL;
  /** How layers are kept; `auto` when absent: overlay where it works, else copies. */
  readonly snapshotter?: SnapshotMedium | 'auto';
}

/** What lives on this machine. Cheap to open: what is heavy is loaded when it is first used. Disposing ends the worker processes. */
export interface Engine extends EngineParts, AsyncDisposable {
  /** How layers are kept here, and why it is nothing better. */
  snapshotter(): Promise<SnapshotterChoice>;
  /** Takes in an image that comes by pull, load or build. The caller disposes it. */
  receive(options: ReceiveOptions): Promise<ImageReceiver>;
  /** The manifest of an image; packs layers that have no compressed form. */
  pack(record: ImageRecord, options?: PackOptions): Promise<Descriptor>;
  /** Content in the shape that pushes read from. */
  contentSource(): Promise<LocalContentSource>;
  /** Clears away what commands left that ended without a chance to. For the start of every command that writes; cheap when there is nothing. */
  cleanUp(): Promise<CleanUpOutcome>;
  /** Frees what no image and no running command needs. */
  collect(options?: CollectOptions): Promise<CollectOutcome>;
  /** What takes how much room. */
  usage(): Promise<EngineUsage>;
}

/** Errors: HOME_UNUSABLE, STATE_*. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const home = await prepareHome(options.home);
  return new LocalEngine(options, home, await openState(home.database, { clock: options.clock }));
}

class LocalEngine implements Engine {
  readonly home: Home;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly searchPath: string;
  readonly state: StateDatabase;
  readonly content: ContentStore;
  readonly images: ImageStore;
  readonly leases: Leases;
  readonly #machinery: LayerMachinery;

  constructor(options: EngineOptions, home: Home, state: StateDatabase) {
    const { clock, logger = silentLogger, searchPath, worker, hashWorker, snapshotter } = options;
    this.home = home;
    this.clock = clock;
    this.logger = logger;
    this.searchPath = searchPath;
    this.state = state;
    this.content = createFsContentStore({ folder: home.content, clock, logger, hashWorker });
    this.images = createImageStore({ state, content: this.content });
    this.leases = createLeases({ folder: home.leases, state, clock });
    this.#machinery = new LayerMachinery({ home, state, clock, logger, searchPath, worker, wish: snapshotter ?? 'auto' });
  }

  async snapshotter(): Promise<SnapshotterChoice> {
    return await this.#machinery.choice();
  }

  async snapshots(): Promise<Snapshotter> {
    return await this.#machinery.snapshots();
  }

  async workers(): Promise<SnapshotWorkers> {
    return await this.#machinery.workers();
  }

  async receive(options: ReceiveOptions): Promise<ImageReceiver> {
    const { createImageReceiver } = await import('./receive/image-receiver.ts');
    return await createImageReceiver(this, options);
  }

  async pack(record: ImageRecord, options: PackOptions = {}): Promise<Descriptor> {
    const { packImage } = await import('./pack/pack-image.ts');
    return await packImage(this, record, options);
  }

  async contentSource(): Promise<LocalContentSource> {
    const { createContentSource } = await import('./pack/content-source.ts');
    return createContentSource(this);
  }

  async cleanUp(): Promise<CleanUpOutcome> {
    const { cleanUp } = await import('./collect/clean-up.ts');
    return await cleanUp(this.#collecting());
  }

  async collect(options: CollectOptions = {}): Promise<CollectOutcome> {
    const { collect } = await import('./collect/collect.ts');
    return await collect(this.#collecting(), options);
  }

  async usage(): Promise<EngineUsage> {
    const { usage } = await import('./collect/usage.ts');
    return await usage(this);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#machinery[Symbol.asyncDispose]();
      await this.content.close();
    } finally {
      this.state[Symbol.dispose]();
    }
  }

  #collecting(): CollectParts {
    const { home, state, clock } = this;
    return {
      home,
      state,
      clock,
      removeTree: async (folder) => {
        await (await this.workers()).run('removeTree', { folder });
      },
    };
  }
}
