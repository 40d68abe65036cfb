import { measureDiskSpeed } from '../disk-speed.ts';
import { benchError } from '../errors.ts';
import { Connection } from './connection.ts';
import type { JobResult, PushJob } from './job.ts';
import { measure } from './measure.ts';
import { createPayloads, type Payload } from './payload.ts';
import { type RequestTarget, requestHead } from './request-head.ts';

export interface PushTarget extends RequestTarget {
  readonly connection: Connection;
  readonly repository: string;
}

/** Pushes new blobs of one size; the content is made and digested before the clock starts, as docker's is on disk by then. */
export async function push(job: PushJob): Promise<JobResult> {
  const payloads = createPayloads(
    job.sizeBytes,
    Array.from({ length: job.streams }, (_, i) => `${job.seed}-${i}`),
  );
  const targets = await Promise.all(payloads.map(async () => ({ ...job, connection: await Connection.open(job.port) })));
  // A virtual machine gives freed memory and blocks back to its host and pays for them anew at the first touch, 4 s a GiB, whoever writes.
  if (job.scratch !== undefined) await measureDiskSpeed(job.scratch);
  const seconds = await measure(() => Promise.all(targets.map((target, i) => pushPayload(target, payloads[i] as Payload))));
  for (const { connection } of targets) connection.close();
  const blobs = payloads.map(({ digest, sizeBytes }) => ({ path: `/v2/${job.repository}/blobs/${digest}`, digest, sizeBytes }));
  return { seconds, amount: blobs.reduce((sum, blob) => sum + blob.sizeBytes, 0), blobs };
}

/** POST, PATCH in chunked coding, PUT. Rejects with LOAD_FAILED on any other status than 202, 202, 201. */
export async function pushPayload(target: PushTarget, payload: Payload): Promise<void> {
  const { connection, repository } = target;
  const startHead = requestHead(`POST /v2/${repository}/blobs/uploads/`, target, ['Content-Length: 0']);
  const started = await connection.exchange([startHead]);
  expect(started.status, 202, 'POST');
  const type = 'Content-Type: application/octet-stream';
  const streamHead = requestHead(`PATCH ${started.location}`, target, [type, 'Transfer-Encoding: chunked']);
  const streamed = await connection.exchange(withHead(streamHead, payload));
  expect(streamed.status, 202, 'PATCH');
  const separator = streamed.location.includes('?') ? '&' : '?';
  const commit = `PUT ${streamed.location}${separator}digest=${encodeURIComponent(payload.digest)}`;
  const committed = await connection.exchange([requestHead(commit, target, [type, 'Content-Length: 0'])]);
  expect(committed.status, 201, 'PUT');
}

function* withHead(head: string, payload: Payload): Iterable<string | Uint8Array> {
  yield head;
  yield* payload.framedParts();
}

function expect(status: number, wanted: number, method: string): void {
  if (status !== wanted) throw benchError('LOAD_FAILED', `${method} of an upload answered ${status}, not ${wanted}`);
}
