import type { CopyTreeInput } from './copy-tree.ts';
import type { DropWhiteoutsInput, DropWhiteoutsOutcome } from './drop-whiteouts.ts';
import type { MeasureTreeInput } from './measure-tree.ts';
import type { RemoveTreeInput } from './remove-tree.ts';
import type { RunMountedInput, RunMountedOutcome } from './run-mounted.ts';
import type { SnapshotUsage } from './snapshotter.ts';
import type { SyncFilesInput } from './sync-files.ts';
import type { TryOverlayInput, TryOverlayOutcome } from './try-overlay.ts';

/** What snapshots ask of worker processes: those may own files and mounts that this process has no right to. */
export interface SnapshotJobs {
  readonly removeTree: { readonly input: RemoveTreeInput; readonly progress: never; readonly output: void };
  readonly measureTree: { readonly input: MeasureTreeInput; readonly progress: never; readonly output: SnapshotUsage };
  readonly copyTree: { readonly input: CopyTreeInput; readonly progress: never; readonly output: void };
  readonly syncFiles: { readonly input: SyncFilesInput; readonly progress: never; readonly output: void };
  readonly dropWhiteouts: { readonly input: DropWhiteoutsInput; readonly progress: never; readonly output: DropWhiteoutsOutcome };
  readonly tryOverlay: { readonly input: TryOverlayInput; readonly progress: never; readonly output: TryOverlayOutcome };
  readonly runMounted: { readonly input: RunMountedInput; readonly progress: never; readonly output: RunMountedOutcome };
}

export type SnapshotJobKind = keyof SnapshotJobs;

/** `SnapshotWorkers.run`, as far as snapshots need it. */
export type RunSnapshotJob = <Kind extends SnapshotJobKind>(
  kind: Kind,
  input: SnapshotJobs[Kind]['input'],
  options?: { readonly signal?: AbortSignal },
) => Promise<SnapshotJobs[Kind]['output']>;
