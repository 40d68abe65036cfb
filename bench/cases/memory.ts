import { randomUUID } from 'node:crypto';
import type { MemoryCase } from '../bench-case.ts';
import { runJob } from '../load/run-job.ts';
import { peakMegabytes } from '../peak-memory.ts';

const REPOSITORY = 'bench/memory';
const STREAMS = 8;
const SIZE_BYTES = 512 * 1024 * 1024;

export const memory: MemoryCase = {
  kind: 'memory',
  name: 'memory',
  title: 'peak RSS, 8 x 512 MiB pushed, then pulled',
  ceilingMegabytes: 250,
  async prepare({ server, signal }) {
    const target = { port: server.port, authorization: await server.authorize([REPOSITORY]) };
    return async () => {
      const shape = { repository: REPOSITORY, sizeBytes: SIZE_BYTES, streams: STREAMS };
      const { blobs } = await runJob({ kind: 'push', ...target, ...shape, seed: randomUUID() }, signal);
      await runJob({ kind: 'pull', ...target, blobs, verify: true }, signal);
      return await peakMegabytes(server.pid);
    };
  },
};
