import { serveSnapshotWorker } from '@slipway/engine/worker';

serveSnapshotWorker();
