import type { CaseContext, ThroughputCase, TimedRun } from '../bench-case.ts';
import { runJob } from '../load/run-job.ts';

const MIB = 1024 * 1024;
const REPOSITORY = 'bench/pull';

export const pull1g: ThroughputCase = {
  kind: 'throughput',
  name: 'pull-1g',
  title: '1 GiB pull, one stream',
  unit: 'MB/s',
  target: 1.3,
  rounds: 3,
  prepare: (context) => preparePull(context, { streams: 1, sizeBytes: 1024 * MIB }),
};

export const pull4: ThroughputCase = {
  kind: 'throughput',
  name: 'pull-4',
  title: '4 x 512 MiB pull, four streams',
  unit: 'MB/s',
  target: 1,
  rounds: 3,
  prepare: (context) => preparePull(context, { streams: 4, sizeBytes: 512 * MIB }),
};

interface PullShape {
  readonly streams: number;
  readonly sizeBytes: number;
}

async function preparePull({ server, signal }: CaseContext, shape: PullShape): Promise<TimedRun> {
  const resolveTarget = async () => ({ port: server.port, authorization: await server.authorize([REPOSITORY]) });
  const target = await resolveTarget();
  const { blobs } = await runJob({ kind: 'push', ...target, repository: REPOSITORY, ...shape, seed: 'pull' }, signal);
  await runJob({ kind: 'pull', ...target, blobs, verify: true }, signal);
  return async () => {
    const { amount, seconds } = await runJob({ kind: 'pull', ...(await resolveTarget()), blobs, verify: false }, signal);
    return { amount: amount / 1e6, seconds };
  };
}
