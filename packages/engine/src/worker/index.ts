export { serveSnapshotWorker } from './serve.ts';
export { SnapshotWorkers, type SnapshotWorkersOptions } from './snapshot-workers.ts';
