import type { Clock, Logger } from '@slipway/base';
import type { ContentStore } from './content/content-store.ts';
import type { Home } from './home.ts';
import type { ImageStore } from './images/image-store.ts';
import type { Leases } from './leases/lease.ts';
import type { Snapshotter } from './snapshots/snapshotter.ts';
import type { StateDatabase } from './state/state-database.ts';
import type { SnapshotWorkers } from './worker/snapshot-workers.ts';

/** What the parts of an engine are built from: each takes the few it needs. */
export interface EngineParts {
  readonly home: Home;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Folders to look for programs in, as `PATH` has them. */
  readonly searchPath: string;
  readonly state: StateDatabase;
  readonly content: ContentStore;
  readonly images: ImageStore;
  readonly leases: Leases;
  /** The one that works here; found out once for a home. */
  snapshots(): Promise<Snapshotter>;
  /** Child processes that work on unpacked files; started by their first job. */
  workers(): Promise<SnapshotWorkers>;
}
