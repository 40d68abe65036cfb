import { blobOf, pushBlob, randomBlob } from '@slipway/testkit';
import type { ThroughputCase } from '../bench-case.ts';
import { runJob } from '../load/run-job.ts';
import { runWrk } from '../load/run-wrk.ts';

const REPOSITORY = 'bench/blobs';
const BLOBS = 64;
const BLOB_BYTES = 16 * 1024;

export const smallBlobs: ThroughputCase = {
  kind: 'throughput',
  name: 'small-blobs',
  title: '16 KiB blobs, 16 connections',
  unit: 'req/s',
  target: 3,
  rounds: 5,
  async prepare({ server, folder, signal }) {
    const authorization = await server.authorize([REPOSITORY]);
    const contents = Array.from({ length: BLOBS }, (_, i) => blobOf(randomBlob(BLOB_BYTES, `blob-${i}`)));
    const api = server.openApi();
    for (const blob of contents) await pushBlob(api, REPOSITORY, blob);
    api.close();
    const blobs = contents.map(({ descriptor: { digest, size } }) => ({
      path: `/v2/${REPOSITORY}/blobs/${digest}`,
      digest,
      sizeBytes: size,
    }));
    await runJob({ kind: 'pull', port: server.port, authorization, blobs, verify: true }, signal);
    const load = {
      port: server.port,
      paths: blobs.map(({ path }) => path),
      authorization,
      connections: 16,
      bodyBytes: BLOB_BYTES,
      folder,
      signal,
    };
    await runWrk({ ...load, seconds: 2 });
    return () => runWrk({ ...load, seconds: 3 });
  },
};
