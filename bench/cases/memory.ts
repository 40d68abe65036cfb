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
  async measure({ server, signal }) {
    const target = { port: server.port, authorization: await server.authorize([REPOSITORY]) };
    const ready = await peakMegabytes(server.pid);
    const shape = { repository: REPOSITORY, sizeBytes: SIZE_BYTES, streams: STREAMS };
    const { blobs } = await runJob({ kind: 'push', ...target, ...shape, seed: randomUUID() }, signal);
    const pushed = await peakMegabytes(server.pid);
    await runJob({ kind: 'pull', ...target, blobs, verify: true }, signal);
    const pulled = await peakMegabytes(server.pid);
    console.log(
      `  ${server.name}: peak ${ready.toFixed(0)} MB when ready, ${pushed.toFixed(0)} after the pushes, ${pulled.toFixed(0)} after the pulls`,
    );
    return pulled;
  },
};
