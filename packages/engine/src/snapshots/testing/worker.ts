import { serveSnapshotWorker } from '../../worker/serve.ts';

serveSnapshotWorker();
