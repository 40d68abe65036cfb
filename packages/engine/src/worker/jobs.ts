import type { DiffInput, DiffOutcome, DiffProgress } from '../diff/diff-job.ts';
import type { LayerFilePacker } from '../diff/pack-layer-file.ts';
import type { SnapshotJobs } from '../snapshots/snapshot-jobs.ts';
import type { LayerReader } from '../unpack/layer-reader.ts';
import type { UnpackInput, UnpackOutcome, UnpackProgress } from '../unpack/unpack-input.ts';
import type { JobContext } from './job-context.ts';

/** What can be asked of a worker process. Inputs, progress and outputs are plain data: they travel between processes. */
export interface WorkerJobs extends SnapshotJobs {
  readonly unpack: { readonly input: UnpackInput; readonly progress: UnpackProgress; readonly output: UnpackOutcome };
  readonly diff: { readonly input: DiffInput; readonly progress: DiffProgress; readonly output: DiffOutcome };
}

export type JobKind = keyof WorkerJobs;

/** What the worker process has for the jobs in it. */
export interface JobEnvironment {
  readonly readLayer: LayerReader;
  readonly packFile: LayerFilePacker;
}

export type JobFunction<Kind extends JobKind> = (
  input: WorkerJobs[Kind]['input'],
  job: JobContext<WorkerJobs[Kind]['progress']> & JobEnvironment,
) => Promise<WorkerJobs[Kind]['output']>;

/** Each job's code is loaded when it is first asked for: a process does one kind of job, mostly. */
export const JOBS: { readonly [Kind in JobKind]: () => Promise<JobFunction<Kind>> } = {
  unpack: async () => (await import('../unpack/unpack-job.ts')).unpack,
  diff: async () => (await import('../diff/diff-layer.ts')).diffLayer,
  removeTree: async () => (await import('../snapshots/remove-tree.ts')).removeTree,
  measureTree: async () => (await import('../snapshots/measure-tree.ts')).measureTree,
  copyTree: async () => (await import('../snapshots/copy-tree.ts')).copyTree,
  syncFiles: async () => (await import('../snapshots/sync-files.ts')).syncFiles,
  dropWhiteouts: async () => (await import('../snapshots/drop-whiteouts.ts')).dropWhiteouts,
  tryOverlay: async () => (await import('../snapshots/try-overlay.ts')).tryOverlay,
  runMounted: async () => (await import('../snapshots/run-mounted.ts')).runMounted,
};
