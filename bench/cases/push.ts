import { randomUUID } from 'node:crypto';
import type { ThroughputCase } from '../bench-case.ts';
import { countSyncs } from '../count-syncs.ts';
import { measureDiskSpeed } from '../disk-speed.ts';
import { runJob } from '../load/run-job.ts';

const GIB = 1024 * 1024 * 1024;
const WARM_UP_BYTES = 64 * 1024 * 1024;
const REPOSITORY = 'bench/push';

export const push1g: ThroughputCase = {
  kind: 'throughput',
  name: 'push-1g',
  title: '1 GiB push (POST, PATCH, PUT)',
  unit: 'MB/s',
  target: 2.5,
  rounds: 5,
  note: 'both force the content to disk before 201: the disk bounds both; --folder /dev/shm shows the servers without the disk',
  async prepare({ server, folder, signal }) {
    const resolveTarget = async () => ({ port: server.port, authorization: await server.authorize([REPOSITORY]) });
    const push = async (sizeBytes: number, scratch?: string) => {
      const job = { kind: 'push', repository: REPOSITORY, sizeBytes, streams: 1, seed: randomUUID() } as const;
      return await runJob({ ...job, ...(await resolveTarget()), ...(scratch === undefined ? {} : { scratch }) }, signal);
    };
    const warmUp = () => push(WARM_UP_BYTES);
    const { blobs } = await warmUp();
    await runJob({ kind: 'pull', ...(await resolveTarget()), blobs, verify: true }, signal);
    await countSyncs(server, 'one pushed blob', warmUp);
    console.log(`  the disk alone: ${Math.round(await measureDiskSpeed(folder))} MB/s written and forced`);
    return async () => {
      const { amount, seconds } = await push(GIB, folder);
      return { amount: amount / 1e6, seconds };
    };
  },
};
