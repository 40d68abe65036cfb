import { randomUUID } from 'node:crypto';
import type { ThroughputCase } from '../bench-case.ts';
import { runJob } from '../load/run-job.ts';

const REPOSITORIES = Array.from({ length: 8 }, (_, i) => `bench/small-${i}`);
const WARM_UP_IMAGES = 20;
const IMAGES = 30;

export const smallImages: ThroughputCase = {
  kind: 'throughput',
  name: 'small-images',
  title: '8 workers push small images',
  unit: 'images/s',
  target: 2,
  rounds: 5,
  note: 'an image is 4 layers of 64 KiB, a config and a manifest: HEAD, POST, PATCH, PUT a blob',
  async prepare({ server, signal }) {
    const push = async (imagesPerWorker: number) => {
      const authorization = await server.authorize(REPOSITORIES);
      const job = {
        kind: 'images',
        port: server.port,
        authorization,
        repositories: REPOSITORIES,
        imagesPerWorker,
        seed: randomUUID(),
      } as const;
      return await runJob(job, signal);
    };
    await push(WARM_UP_IMAGES);
    return () => push(IMAGES);
  },
};
