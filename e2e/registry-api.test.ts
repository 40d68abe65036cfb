import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  blobOf,
  buildImage,
  buildIndex,
  createRegistryApi,
  mountBlob,
  type PushWay,
  pushBlob,
  randomBlob,
  sha256Of,
  startSlipway,
  startUpload,
  withTempFolder,
} from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Account, noHub, onDistribution, openTarget, type Target } from './target.ts';

const layers = [[{ path: 'a', content: 'a' }], [{ path: 'b', content: 'b' }]];

describe('distribution API', () => {
  let target: Target;
  let ann: Account;

  beforeAll(async () => {
    target = await openTarget();
    ann = await target.createAccount('ann');
  });

  afterAll(async () => {
    await target?.[Symbol.asyncDispose]();
  });

  // distribution 2.8 answers the single POST with a session.
  const ways: PushWay[] = onDistribution ? ['put', 'stream', 'chunks'] : ['put', 'post', 'stream', 'chunks'];

  test.each(ways)('a blob pushed by %s is read back whole and in part', async (way) => {
    const api = target.api(ann);
    const blob = blobOf(randomBlob(2_500_001, way));
    const done = await pushBlob(api, 'ann/blobs', blob, { way });
    expect(done.headers['docker-content-digest']).toBe(blob.descriptor.digest);
    const head = await api.headBlob('ann/blobs', blob.descriptor.digest);
    expect(head.headers['content-length']).toBe(String(blob.bytes.length));
    expect((await api.getBlob('ann/blobs', blob.descriptor.digest)).body.equals(blob.bytes)).toBe(true);
    const part = await api.getBlob('ann/blobs', blob.descriptor.digest, 'bytes=1000000-1999999');
    expect(part.status).toBe(206);
    expect(part.body.equals(blob.bytes.subarray(1_000_000, 2_000_000))).toBe(true);
  });

  test('a blob is mounted from a repository that the account may read', async () => {
    const api = target.api(ann);
    const blob = blobOf(randomBlob(100_000, 'mount'));
    await pushBlob(api, 'ann/mount-from', blob);
    expect((await mountBlob(api, 'ann/mount-to', blob.descriptor.digest, 'ann/mount-from')).status).toBe(201);
    expect(sha256Of((await api.getBlob('ann/mount-to', blob.descriptor.digest)).body)).toBe(blob.descriptor.digest);
    expect((await mountBlob(api, 'ann/mount-to', sha256Of(Buffer.from('absent')), 'ann/mount-from')).status).toBe(202);
  });

  test.skipIf(noHub !== undefined)(`a mount without a source finds the blob where the token may read ${noHub ?? ''}`, async () => {
    const api = target.api(ann);
    const blob = blobOf(randomBlob(100_000, 'mount anywhere'));
    await pushBlob(api, 'ann/somewhere', blob);
    const scopes = ['repository:ann/somewhere:pull', 'repository:ann/elsewhere:pull,push'];
    const path = `/v2/ann/elsewhere/blobs/uploads/?mount=${blob.descriptor.digest}`;
    expect((await api.send({ method: 'POST', path, headers: { 'content-length': '0' }, scopes })).status).toBe(201);
    expect(sha256Of((await api.getBlob('ann/elsewhere', blob.descriptor.digest)).body)).toBe(blob.descriptor.digest);
  });

  // distribution 2.8 ignores Content-Range.
  test.skipIf(onDistribution)('a refusal reaches a client that is still sending', async () => {
    const api = target.api(ann);
    const location = new URL(await startUpload(api, 'ann/refused'));
    const token = await api.token(['repository:ann/refused:pull,push']);
    const { hostname, port } = location;
    const body = randomBlob(2_000_000, 'refused');
    const head = [
      `PATCH ${location.pathname}${location.search} HTTP/1.1`,
      `Host: ${location.host}`,
      `Authorization: Bearer ${token}`,
      'Content-Type: application/octet-stream',
      'Content-Range: 5000-2004999',
      `Content-Length: ${body.length}`,
    ];
    const socket = connect(Number(port), hostname);
    const answer = new Promise<string>((resolve) => {
      socket.once('data', (bytes: Buffer) => resolve(bytes.toString('latin1')));
      socket.once('error', (error) => resolve(`the connection broke: ${error.message}`));
    });
    // The refusal is made before the body comes, and the client reads only once all is sent, as Go's does.
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    socket.pause();
    for (let start = 0; start < body.length; start += 100_000) {
      await delay(5);
      await new Promise<void>((resolve) => {
        socket.write(body.subarray(start, start + 100_000), () => resolve());
      });
    }
    socket.resume();
    expect(await answer).toMatch(/^HTTP\/1\.1 416 /);
    socket.destroy();
  });

  test('an index keeps its bytes, by tag and by digest', async () => {
    const api = target.api(ann);
    const index = buildIndex([buildImage({ layers }), buildImage({ layers, platform: { os: 'linux', architecture: 's390x' } })]);
    await api.pushImage('ann/index', 'v1', index);
    for (const reference of ['v1', index.manifest.descriptor.digest]) {
      const stored = await api.getManifest('ann/index', reference);
      expect(stored.body.equals(index.manifest.bytes)).toBe(true);
      expect(stored.headers['content-length']).toBe(String(index.manifest.bytes.length));
    }
  });

  test.skipIf(noHub !== undefined)(`tags come in pages, in order ${noHub ?? ''}`, async () => {
    const api = target.api(ann);
    const tags = ['a', 'b', 'c', 'd', 'e'];
    for (const tag of tags.toReversed()) await api.pushImage('ann/tags', tag, buildImage({ layers }));
    expect(await api.listTags('ann/tags', 2)).toEqual(tags);
  });

  test.skipIf(noHub !== undefined)(`visibility decides what anonymous and others may read ${noHub ?? ''}`, async () => {
    const image = buildImage({ layers });
    const { digest } = image.manifest.descriptor;
    await target.api(ann).pushImage('ann/visible', 'v1', image);
    const bob = target.api(await target.createAccount('bob'));
    const anonymous = target.api();
    const statuses = async () => [
      (await anonymous.getManifest('ann/visible', 'v1')).status,
      (await bob.getManifest('ann/visible', 'v1')).status,
      (await bob.getBlob('ann/visible', image.config.descriptor.digest)).status,
    ];
    expect(await statuses()).toEqual([401, 401, 401]);
    const missing = await bob.getManifest('ann/not-there', 'v1');
    expect(missing.status, 'private and missing look alike').toBe(401);
    await target.setVisibility('ann/visible', 'public');
    expect(await statuses()).toEqual([200, 200, 200]);
    expect((await bob.putManifest('ann/visible', 'v2', image.manifest)).status).toBe(401);
    expect((await bob.deleteManifest('ann/visible', digest)).status).toBe(401);
    await target.setVisibility('ann/visible', 'private');
    expect(await statuses()).toEqual([401, 401, 401]);
    expect(await target.api(ann).listTags('ann/visible')).toEqual(['v1']);
  });

  test.skipIf(noHub !== undefined)(`referrers of an image are listed, and filtered by type ${noHub ?? ''}`, async () => {
    const api = target.api(ann);
    const image = buildImage({ layers });
    await api.pushImage('ann/referrers', 'v1', image);
    const subject = image.manifest.descriptor;
    const signature = buildImage({ layers: [], subject, artifactType: 'application/vnd.example.signature' });
    const sbom = buildImage({ layers: [], subject, artifactType: 'application/vnd.example.sbom' });
    for (const referrer of [signature, sbom]) await api.pushImage('ann/referrers', referrer.manifest.descriptor.digest, referrer);
    const list = async (artifactType?: string) => {
      const found: { manifests: { digest: string }[] } = JSON.parse(
        (await api.listReferrers('ann/referrers', subject.digest, artifactType)).body.toString(),
      );
      return found.manifests.map(({ digest }) => digest).toSorted();
    };
    expect(await list()).toEqual([signature, sbom].map((referrer) => referrer.manifest.descriptor.digest).toSorted());
    expect(await list('application/vnd.example.sbom')).toEqual([sbom.manifest.descriptor.digest]);
  });
});

describe.skipIf(noHub !== undefined)(`server process ${noHub ?? ''}`, () => {
  test('what was pushed survives SIGKILL', async () => {
    await withTempFolder(async (data) => {
      const image = buildImage({ layers: [randomBlob(1_000_000, 'survivor')] });
      const first = await startSlipway({ data, adminPassword: 'correct horse battery' });
      const writer = createRegistryApi({ origin: first.origin, username: 'admin', password: 'correct horse battery' });
      await writer.pushImage('library/app', 'v1', image);
      await first.kill9();
      writer.close();
      await using second = await startSlipway({ data, adminPassword: 'correct horse battery' });
      const reader = createRegistryApi({ origin: second.origin, username: 'admin', password: 'correct horse battery' });
      expect((await reader.getManifest('library/app', 'v1')).body.equals(image.manifest.bytes)).toBe(true);
      const [layer] = image.layers;
      expect((await reader.getBlob('library/app', layer?.descriptor.digest ?? '')).body.equals(layer?.bytes ?? Buffer.alloc(0))).toBe(true);
      reader.close();
    });
  });

  test('SIGTERM ends it with 0', async () => {
    const server = await startSlipway();
    expect(await server.stop()).toBe(0);
  });
});
