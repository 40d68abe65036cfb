export { serveSnapshotWorker } from './serve.ts';
