import { serveSnapshotWorker } from '../serve.ts';

// What apps give as the worker's file, for tests.
serveSnapshotWorker();
