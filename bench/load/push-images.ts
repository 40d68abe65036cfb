import { createHash } from 'node:crypto';
import { randomBlob } from '@slipway/testkit';
import { benchError } from '../errors.ts';
import { Connection } from './connection.ts';
import type { ImagesJob, JobResult } from './job.ts';
import { measure } from './measure.ts';
import { type Payload, payloadOf } from './payload.ts';
import { type PushTarget, pushPayload } from './push.ts';
import { requestHead } from './request-head.ts';

const LAYERS = 4;
const LAYER_BYTES = 64 * 1024;
const CONFIG_BYTES = 1500;
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';

interface SmallImage {
  readonly blobs: readonly Payload[];
  readonly manifest: string;
}

/** As docker pushes an image nobody has: for each blob HEAD (404), POST, PATCH, PUT; then the manifest under a new tag. */
export async function pushImages(job: ImagesJob): Promise<JobResult> {
  const workers = await Promise.all(
    job.repositories.map(async (repository) => ({
      target: { ...job, repository, connection: await Connection.open(job.port) },
      images: Array.from({ length: job.imagesPerWorker }, (_, i) => makeImage(`${job.seed}-${repository}-${i}`)),
    })),
  );
  const seconds = await measure(() => Promise.all(workers.map(({ target, images }) => pushAll(target, images))));
  for (const { target } of workers) target.connection.close();
  return { seconds, amount: workers.length * job.imagesPerWorker, blobs: [] };
}

function makeImage(seed: string): SmallImage {
  const layers = Array.from({ length: LAYERS }, (_, i) => payloadOf(randomBlob(LAYER_BYTES, `${seed}-${i}`)));
  const config = payloadOf(Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', seed, filler: 'x'.repeat(CONFIG_BYTES) })));
  const descriptor = (mediaType: string, { digest, sizeBytes }: Payload) => ({ mediaType, digest, size: sizeBytes });
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: descriptor('application/vnd.oci.image.config.v1+json', config),
    layers: layers.map((layer) => descriptor('application/vnd.oci.image.layer.v1.tar+gzip', layer)),
  };
  return { blobs: [...layers, config], manifest: JSON.stringify(manifest) };
}

async function pushAll(target: PushTarget, images: readonly SmallImage[]): Promise<void> {
  for (const image of images) await pushImage(target, image);
}

async function pushImage(target: PushTarget, image: SmallImage): Promise<void> {
  const { connection, repository } = target;
  for (const blob of image.blobs) {
    const probe = await connection.exchange([requestHead(`HEAD /v2/${repository}/blobs/${blob.digest}`, target)], { isHead: true });
    if (probe.status !== 404) throw benchError('LOAD_FAILED', `HEAD of a blob that nobody has answered ${probe.status}`);
    await pushPayload(target, blob);
  }
  const line = `PUT /v2/${repository}/manifests/t-${createHash('sha256').update(image.manifest).digest('hex').slice(0, 16)}`;
  const headers = [`Content-Type: ${MANIFEST_TYPE}`, `Content-Length: ${Buffer.byteLength(image.manifest)}`];
  const answer = await connection.exchange([requestHead(line, target, headers), image.manifest]);
  if (answer.status !== 201) throw benchError('LOAD_FAILED', `PUT of a manifest answered ${answer.status}`);
}
