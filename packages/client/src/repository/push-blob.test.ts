import { Readable } from 'node:stream';
import { parseRepositoryName } from '@slipway/oci';
import { blobOf, randomBlob } from '@slipway/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type FakeRegistry,
  firstTimes,
  type Rule,
  refuse,
  startFakeRegistry,
  type TestClient,
  testClient,
} from '../testing/fake-registry.ts';
import { descriptorOf } from '../testing/fixture-source.ts';
import type { PushBlobOptions, PushBlobOutcome } from './push-blob.ts';

const blob = blobOf(randomBlob(400_000, 8));
const descriptor = descriptorOf(blob);
let registry: FakeRegistry;
let user: TestClient;
let offsets: number[];

beforeEach(async () => {
  registry = await startFakeRegistry();
  user = testClient();
  offsets = [];
});

afterEach(async () => {
  user[Symbol.dispose]();
  await registry[Symbol.asyncDispose]();
});

async function push(options: PushBlobOptions = {}): Promise<PushBlobOutcome> {
  const open = (offset: number) => {
    offsets.push(offset);
    return Readable.from(chunksFrom(offset), { objectMode: false });
  };
  return await user.repository(registry).pushBlob(descriptor, open, options);
}

function* chunksFrom(offset: number): Generator<Buffer> {
  for (let start = offset; start < blob.bytes.length; start += 10_000) yield blob.bytes.subarray(start, start + 10_000);
}

function stored(): boolean {
  return registry.blobs.get(descriptor.digest)?.equals(blob.bytes) === true;
}

/** Keeps some bytes of an upload, then breaks the connection. */
function keepAndBreak(keptBytes: number): Rule {
  return async (request, response) => {
    const id = /upload-\d+/.exec(request.url ?? '')?.[0] ?? '';
    const before = registry.uploads.get(id) ?? Buffer.alloc(0);
    registry.uploads.set(id, Buffer.concat([before, blob.bytes.subarray(before.length, before.length + keptBytes)]));
    for await (const _ of request) break;
    response.destroy();
    return true;
  };
}

describe('pushBlob()', () => {
  test('sends nothing when the blob is there', async () => {
    registry.blobs.set(descriptor.digest, blob.bytes);
    expect(await push()).toEqual({ kind: 'exists' });
    expect(registry.log.filter((line) => !line.startsWith('GET /v2/ '))).toEqual([
      'GET /v2/',
      `HEAD /v2/team/app/blobs/${descriptor.digest}`,
    ]);
  });

  test('goes on where the registry stands after the connection broke', async () => {
    registry.rules.push(firstTimes(1, /^PATCH/, keepAndBreak(150_000)), firstTimes(1, /^PATCH/, keepAndBreak(100_000)));
    const progress: number[] = [];
    expect(await push({ onProgress: (doneBytes) => progress.push(doneBytes) })).toEqual({ kind: 'uploaded' });
    expect(offsets).toEqual([0, 150_000, 250_000]);
    expect(stored()).toBe(true);
    expect(progress.at(-1)).toBe(400_000);
  });

  test('begins anew when the registry has forgotten the upload', async () => {
    registry.rules.push(
      firstTimes(1, /^PATCH/, async (request, response) => {
        for await (const _ of request) break;
        registry.uploads.clear();
        response.destroy();
        return true;
      }),
    );
    expect(await push()).toEqual({ kind: 'uploaded' });
    expect(offsets).toEqual([0, 0]);
    expect(stored()).toBe(true);
  });

  test('begins anew when the registry says 404 or 416 to the bytes', async () => {
    for (const [status, code] of [
      [404, 'BLOB_UPLOAD_UNKNOWN'],
      [416, 'RANGE_INVALID'],
    ] as const) {
      registry.rules.push(
        firstTimes(1, /^PATCH/, (request, response) => {
          request.resume();
          return refuse(response, status, code);
        }),
      );
    }
    expect(await push()).toEqual({ kind: 'uploaded' });
    expect(stored()).toBe(true);
  });

  test('is done when only the answer to the commit was lost', async () => {
    registry.rules.push(
      firstTimes(1, /^PUT/, (_, response) => {
        registry.blobs.set(descriptor.digest, blob.bytes);
        response.destroy();
        return true;
      }),
    );
    expect(await push()).toEqual({ kind: 'uploaded' });
    expect(offsets).toEqual([0]);
  });

  test('reads an answer that comes before the end of the body', async () => {
    registry.rules.push(firstTimes(1, /^PATCH/, (_, response) => refuse(response, 413, 'SIZE_INVALID')));
    await expect(push()).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });

  test('mounts, and uploads into the session of a refused mount', async () => {
    const from = parseRepositoryName('team/base');
    const mountFrom = [from];
    registry.rules.push(
      firstTimes(1, /^POST .*mount=/, (_, response) => {
        response.writeHead(201, { location: '/v2/x' }).end();
        return true;
      }),
    );
    expect(await push({ mountFrom })).toEqual({ kind: 'mounted', from });
    expect(registry.log.at(-1)).toBe(`POST /v2/team/app/blobs/uploads/?mount=${encodeURIComponent(descriptor.digest)}&from=team%2Fbase`);
    expect(await push({ mountFrom })).toEqual({ kind: 'uploaded' });
    expect(registry.log.filter((line) => line.startsWith('POST'))).toHaveLength(2);
  });

  test('opens a session of its own where a registry refuses the mount altogether', async () => {
    registry.rules.push(firstTimes(1, /mount=/, (_, response) => refuse(response, 403, 'DENIED')));
    expect(await push({ mountFrom: [parseRepositoryName('team/base')] })).toEqual({ kind: 'uploaded' });
    expect(stored()).toBe(true);
  });

  test('cuts the body into chunks no smaller than the registry wants', async () => {
    using chunking = testClient({ limits: { uploadChunkBytes: 50_000 } });
    registry.rules.push((request, response) => {
      if (request.method === 'POST') response.setHeader('oci-chunk-min-length', '150000');
      return false;
    });
    const ranges: (string | undefined)[] = [];
    registry.rules.push((request) => {
      if (request.method === 'PATCH') ranges.push(request.headers['content-range']);
      return false;
    });
    const open = (offset: number) => Readable.from(chunksFrom(offset), { objectMode: false });
    await chunking.repository(registry).pushBlob(descriptor, open);
    expect(ranges).toEqual(['0-149999', '150000-299999', '300000-399999']);
    expect(stored()).toBe(true);
  });

  test('keeps the query that the registry put into Location', async () => {
    await push();
    expect(registry.log.at(-1)).toBe(
      `PUT /v2/team/app/blobs/uploads/upload-1?_state=a%2Fb&digest=${encodeURIComponent(descriptor.digest)}`,
    );
  });

  test('fails with what the content’s source throws, without another attempt', async () => {
    const open = () =>
      new Readable({
        read() {
          this.destroy(new Error('disk on fire'));
        },
      });
    await expect(user.repository(registry).pushBlob(descriptor, open)).rejects.toThrow('disk on fire');
    expect(user.clock.sleeps).toEqual([]);
  });

  test.each([399_999, 400_001])('fails when the source has %i bytes instead of 400,000', async (size) => {
    const open = () => Readable.from([randomBlob(size, 1)], { objectMode: false });
    await expect(user.repository(registry).pushBlob(descriptor, open)).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
    expect(stored()).toBe(false);
  });

  test('fails when the registry finds another digest', async () => {
    const open = () => Readable.from([randomBlob(400_000, 1)], { objectMode: false });
    await expect(user.repository(registry).pushBlob(descriptor, open)).rejects.toMatchObject({
      code: 'REQUEST_REFUSED',
      message: expect.stringContaining('digest invalid'),
    });
  });
});
