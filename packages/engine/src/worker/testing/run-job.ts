import { mkdirSync } from 'node:fs';
import type { UnpackInput } from '../../unpack/unpack-input.ts';
import { SnapshotWorkers, type WorkerNamespace } from '../snapshot-workers.ts';

// Unpacks by a worker of its own and prints the outcome: `run-job.ts NAMESPACE INPUT [FOLDER TO MAKE]`, for tests that need another user.
const [namespace, input = '', folder] = process.argv.slice(2);
if (folder !== undefined) mkdirSync(folder);
await using workers = new SnapshotWorkers({
  worker: new URL('./worker-entry.ts', import.meta.url),
  count: 1,
  namespace: namespace as WorkerNamespace,
  searchPath: process.env['PATH'] ?? '',
});
process.stdout.write(JSON.stringify(await workers.run('unpack', JSON.parse(input) as UnpackInput)));
