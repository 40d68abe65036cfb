import { createHash } from 'node:crypto';
import { benchError } from '../errors.ts';
import { Connection } from './connection.ts';
import type { BlobTarget, JobResult, PullJob } from './job.ts';
import { measure } from './measure.ts';
import { requestHead } from './request-head.ts';

/** Reads and counts; rejects with LOAD_FAILED or CONTENT_WRONG on any other status, length or (when asked) digest than expected. */
export async function pull(job: PullJob): Promise<JobResult> {
  const connections = await Promise.all(job.blobs.map(() => Connection.open(job.port)));
  const seconds = await measure(() => Promise.all(job.blobs.map((blob, i) => pullBlob(job, blob, connections[i]))));
  for (const connection of connections) connection.close();
  return { seconds, amount: job.blobs.reduce((sum, blob) => sum + blob.sizeBytes, 0), blobs: job.blobs };
}

async function pullBlob(job: PullJob, blob: BlobTarget, connection: Connection | undefined): Promise<void> {
  const hash = job.verify ? createHash('sha256') : undefined;
  const onBody = hash === undefined ? undefined : (bytes: Buffer) => void hash.update(bytes);
  const head = requestHead(`GET ${blob.path}`, job);
  const answer = await connection?.exchange([head], onBody === undefined ? {} : { onBody });
  if (answer?.status !== 200 || answer.bodyBytes !== blob.sizeBytes) {
    throw benchError(
      'LOAD_FAILED',
      `Pull of "${blob.path}" answered ${answer?.status} with ${answer?.bodyBytes} bytes, not ${blob.sizeBytes}`,
    );
  }
  if (hash !== undefined && `sha256:${hash.digest('hex')}` !== blob.digest)
    throw benchError('CONTENT_WRONG', `"${blob.path}" has other content`);
}
