import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { blobOf, buildImage, type FixtureDescriptor, openTempFolder, randomStream, type TempFolder } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CONTAINERS_PACKAGES, type ContainersTools, openContainersTools } from './peers/containers-tools.ts';
import { resolvePeer } from './peers/resolve-peer.ts';
import { type Account, openTarget, type Target } from './target.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
/** What the server may grow by while a layer many times larger passes through it. */
const GROWTH_LIMIT_BYTES = 96 * MIB;

const peer = await resolvePeer(CONTAINERS_PACKAGES);

describe.skipIf(peer.skipped !== undefined)(`a layer of 1 GiB ${peer.skipped ?? ''}`, () => {
  let target: Target;
  let folder: TempFolder;
  let tools: ContainersTools;
  let ann: Account;
  let layer: FixtureDescriptor;

  beforeAll(async () => {
    folder = await openTempFolder('slipway-e2e-large-');
    target = await openTarget();
    tools = await openContainersTools(peer.root, folder.path, { registry: target.url });
    ann = await target.createAccount('ann');
    await tools.skopeo(['login', '--tls-verify=false', '-u', ann.name, '--password-stdin', target.url], { input: ann.password });
    layer = await writeLargeLayout(join(folder.path, 'layout'));
    await target.api(ann).pushImage('ann/warm', 'v1', buildImage({ layers: [[{ path: 'warm', content: 'up' }]] }));
  });

  afterAll(async () => {
    await tools?.[Symbol.asyncDispose]();
    await target?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  test('passes through skopeo and back unchanged, in flat memory', async () => {
    const name = `docker://${target.url}/ann/large:v1`;
    const before = await resetPeakMemory(target.pid);
    const push = await tools.skopeo(['copy', '--preserve-digests', `oci:${join(folder.path, 'layout')}:large`, name]);
    expect(push.code, push.stderr).toBe(0);
    const peakOfPush = await peakMemoryOf(target.pid);
    const read = await target.api(ann).download({ method: 'GET', path: `/v2/ann/large/blobs/${layer.digest}` });
    expect({ digest: read.digest, size: read.sizeBytes }).toEqual({ digest: layer.digest, size: layer.size });
    const pull = await tools.skopeo(['copy', '--preserve-digests', name, `dir:${join(folder.path, 'back')}`]);
    expect(pull.code, pull.stderr).toBe(0);
    expect(await digestOfFile(join(folder.path, 'back', layer.digest.replace('sha256:', '')))).toBe(layer.digest);
    const peak = await peakMemoryOf(target.pid);
    console.log(`server memory: ${toMib(before)} MiB before, peak ${toMib(peakOfPush)} MiB in push, ${toMib(peak)} MiB over all`);
    expect(peak - before).toBeLessThan(GROWTH_LIMIT_BYTES);
  });

  test('a part of it is read by range, and pushing it again sends nothing', async () => {
    const tail = await target.api(ann).getBlob('ann/large', layer.digest, 'bytes=-1000000');
    expect(tail.status).toBe(206);
    expect(tail.headers['content-range']).toBe(`bytes ${layer.size - 1_000_000}-${layer.size - 1}/${layer.size}`);
    const file = createReadStream(join(folder.path, 'layout/blobs', layer.digest.replace(':', '/')), { start: layer.size - 1_000_000 });
    expect(Buffer.concat(await file.toArray()).equals(tail.body)).toBe(true);
    const again = [
      '--debug',
      'copy',
      '--preserve-digests',
      `oci:${join(folder.path, 'layout')}:large`,
      `docker://${target.url}/ann/large:v2`,
    ];
    const push = await tools.skopeo(again);
    expect(push.code, push.stderr).toBe(0);
    expect(push.stderr).toContain('HEAD ');
    expect(push.stderr).not.toMatch(/(POST|PATCH) .*\/blobs\/uploads\//);
  });
});

/** An OCI layout with one incompressible layer, written as a stream. */
async function writeLargeLayout(layout: string): Promise<FixtureDescriptor> {
  const blobs = join(layout, 'blobs/sha256');
  await mkdir(blobs, { recursive: true });
  await pipeline(randomStream(GIB, 'large'), createWriteStream(join(blobs, 'new')));
  const digest = await digestOfFile(join(blobs, 'new'));
  await rename(join(blobs, 'new'), join(layout, 'blobs', digest.replace(':', '/')));
  const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: GIB };
  const config = jsonBlob('application/vnd.oci.image.config.v1+json', {
    os: 'linux',
    architecture: 'amd64',
    rootfs: { type: 'layers', diff_ids: [digest] },
  });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = jsonBlob(mediaType, { schemaVersion: 2, mediaType, config: config.descriptor, layers: [layer] });
  for (const blob of [config, manifest]) await writeFile(join(layout, 'blobs', blob.descriptor.digest.replace(':', '/')), blob.bytes);
  const entry = { ...manifest.descriptor, annotations: { 'org.opencontainers.image.ref.name': 'large' } };
  await writeFile(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
  await writeFile(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  return layer;
}

function jsonBlob(mediaType: string, value: unknown) {
  return blobOf(Buffer.from(JSON.stringify(value)), mediaType);
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: MIB }), hash);
  return `sha256:${hash.digest('hex')}`;
}

/** Makes the kernel forget the peak so far (proc(5), clear_refs); resolves to the resident size now. */
async function resetPeakMemory(pid: number): Promise<number> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
  return await peakMemoryOf(pid);
}

async function peakMemoryOf(pid: number): Promise<number> {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

function toMib(bytes: number): string {
  return (bytes / MIB).toFixed(0);
}
