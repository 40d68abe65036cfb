import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
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
import type { OpenBlobOptions } from './download.ts';

const BLOB_GET = /^GET .*\/blobs\/sha256/;
const blob = blobOf(randomBlob(400_000, 7));
const descriptor = descriptorOf(blob);
let registry: FakeRegistry;
let user: TestClient;

beforeEach(async () => {
  registry = await startFakeRegistry();
  registry.blobs.set(descriptor.digest, blob.bytes);
  user = testClient();
});

afterEach(async () => {
  user[Symbol.dispose]();
  await registry[Symbol.asyncDispose]();
});

async function download(options: OpenBlobOptions = {}): Promise<Buffer> {
  return await buffer(await user.repository(registry).openBlob(descriptor, options));
}

/** Sends the bytes from where it was asked to `end`, then breaks the connection. */
function cutAt(end: number): Rule {
  return async (request, response) => {
    const [, start] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
    const range = start === undefined ? {} : { 'content-range': `bytes ${start}-399999/400000` };
    response.writeHead(start === undefined ? 200 : 206, { 'content-length': String(400_000 - Number(start ?? 0)), ...range });
    response.write(blob.bytes.subarray(Number(start ?? 0), end), () => response.destroy());
    await once(response, 'close');
    return true;
  };
}

function breakOff(...[, response]: Parameters<Rule>): true {
  response.destroy();
  return true;
}

/** In chunks, so that there is no Content-Length. */
function endWith(bytes: Buffer): Rule {
  return (_, response) => {
    response.write(bytes);
    response.end();
    return true;
  };
}

describe('openBlob()', () => {
  test('goes on by Range where the connection broke', async () => {
    const ranges: (string | undefined)[] = [];
    registry.rules.push((request) => {
      if (BLOB_GET.test(`${request.method} ${request.url}`)) ranges.push(request.headers.range);
      return false;
    });
    registry.rules.push(firstTimes(1, BLOB_GET, cutAt(100_000)), firstTimes(1, BLOB_GET, cutAt(250_000)));
    expect((await download()).equals(blob.bytes)).toBe(true);
    expect(ranges).toEqual([undefined, 'bytes=100000-', 'bytes=250000-']);
  });

  test('counts attempts anew after each that brought bytes', async () => {
    registry.rules.push(...Array.from({ length: 30 }, (_, round) => firstTimes(1, BLOB_GET, cutAt((round + 1) * 10_000))));
    expect((await download()).equals(blob.bytes)).toBe(true);
  });

  test('gives up after attempts that bring nothing', async () => {
    registry.rules.push(firstTimes(100, BLOB_GET, breakOff));
    await expect(download()).rejects.toMatchObject({ code: 'CONNECTION_BROKEN' });
    expect(user.clock.sleeps.length).toBe(user.client.limits.attempts - 1);
  });

  test('passes over what it has where the registry ignores Range', async () => {
    registry.rules.push(firstTimes(1, BLOB_GET, cutAt(123_456)));
    registry.rules.push((request) => {
      delete request.headers.range;
      return false;
    });
    expect((await download()).equals(blob.bytes)).toBe(true);
  });

  test('starts over without Range where the registry refuses it with 416', async () => {
    registry.rules.push(firstTimes(1, BLOB_GET, cutAt(50_000)));
    registry.rules.push((request, response) => request.headers.range !== undefined && refuse(response, 416, 'RANGE_INVALID'));
    expect((await download()).equals(blob.bytes)).toBe(true);
  });

  test('goes on after a stall', async () => {
    registry.rules.push(
      firstTimes(1, BLOB_GET, (_, response) => {
        response.writeHead(200, { 'content-length': '400000' });
        response.write(blob.bytes.subarray(0, 1000));
        return true;
      }),
    );
    const stream = await user.repository(registry).openBlob(descriptor);
    const first = (await once(stream, 'data')) as [Buffer];
    const rest = buffer(stream);
    user.clock.tripWatchdogs();
    expect(Buffer.concat([first[0], await rest]).equals(blob.bytes)).toBe(true);
    expect(registry.log.filter((line) => BLOB_GET.test(line))).toHaveLength(2);
  });

  test('goes on after an answer that never comes', async () => {
    registry.rules.push(
      firstTimes(1, BLOB_GET, () => {
        setImmediate(() => user.clock.tripWatchdogs());
        return true;
      }),
    );
    expect((await download()).equals(blob.bytes)).toBe(true);
  });

  test('fails on damaged bytes of the right size', async () => {
    const damaged = Buffer.from(blob.bytes);
    damaged[399_999] = (damaged[399_999] ?? 0) ^ 1;
    registry.blobs.set(descriptor.digest, damaged);
    await expect(download()).rejects.toMatchObject({ code: 'DIGEST_MISMATCH', kind: 'data-loss' });
    expect((await download({ verify: 'size' })).equals(damaged)).toBe(true);
  });

  test('fails at once on a blob of another size', async () => {
    registry.blobs.set(descriptor.digest, blob.bytes.subarray(1));
    await expect(download()).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
  });

  test('fails on more bytes than declared, without a length', async () => {
    registry.rules.push(firstTimes(9, BLOB_GET, endWith(Buffer.concat([blob.bytes, Buffer.from('x')]))));
    await expect(download()).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
  });

  test('goes on where a body without a length ends early', async () => {
    registry.rules.push(firstTimes(1, BLOB_GET, endWith(blob.bytes.subarray(0, 10_000))));
    expect((await download()).equals(blob.bytes)).toBe(true);
  });

  test('waits as long as Retry-After says on 429', async () => {
    registry.rules.push(
      firstTimes(2, BLOB_GET, (_, response) => refuse(response, 429, { code: 'TOOMANYREQUESTS', headers: { 'retry-after': '7' } })),
    );
    expect((await download()).equals(blob.bytes)).toBe(true);
    expect(user.clock.sleeps).toEqual([7000, 7000]);
  });

  test('does not wait for an hour', async () => {
    registry.rules.push(
      firstTimes(1, BLOB_GET, (_, response) => refuse(response, 429, { code: 'TOOMANYREQUESTS', headers: { 'retry-after': '3600' } })),
    );
    await expect(download()).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    expect(user.clock.sleeps).toEqual([]);
  });

  test.each([408, 500, 502, 503, 504])('tries again after %i', async (status) => {
    registry.rules.push(firstTimes(2, BLOB_GET, (_, response) => refuse(response, status, 'UNKNOWN')));
    expect((await download()).equals(blob.bytes)).toBe(true);
    expect(user.clock.sleeps).toEqual([250, 500]);
  });

  test('fails at once when the blob is not there', async () => {
    registry.blobs.clear();
    await expect(user.repository(registry).openBlob(descriptor)).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' });
    expect(user.clock.sleeps).toEqual([]);
  });

  test('gives up the connection when the stream is destroyed, read or not', async () => {
    registry.rules.push(
      firstTimes(2, BLOB_GET, (_, response) => {
        response.writeHead(200, { 'content-length': '400000' });
        response.write(blob.bytes.subarray(0, 1000));
        return true;
      }),
    );
    for (const isRead of [false, true]) {
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      registry.rules.unshift((request, response) => {
        if (BLOB_GET.test(`${request.method} ${request.url}`)) response.once('close', resolve);
        return false;
      });
      const stream = await user.repository(registry).openBlob(descriptor);
      if (isRead) await once(stream, 'data');
      stream.destroy();
      await closed;
    }
    expect(registry.log.filter((line) => BLOB_GET.test(line))).toHaveLength(2);
  });

  test('ends with the reason of its signal', async () => {
    registry.rules.push(firstTimes(1, BLOB_GET, (_, response) => response.writeHead(200, { 'content-length': '400000' }).write('x')));
    const abort = new AbortController();
    const stream = await user.repository(registry).openBlob(descriptor, { signal: abort.signal });
    const content = buffer(stream);
    abort.abort(new Error('enough'));
    await expect(content).rejects.toThrow('enough');
  });

  test('follows a redirect to another host without the Authorization header', async () => {
    await using storage = await startFakeRegistry();
    const seen: (string | undefined)[] = [];
    storage.rules.push((request, response) => {
      seen.push(request.headers.authorization);
      response.end(blob.bytes);
      return true;
    });
    registry.rules.push(
      firstTimes(1, /^GET \/v2\/$/, (_, response) =>
        refuse(response, 401, { code: 'UNAUTHORIZED', headers: { 'www-authenticate': 'Basic realm="x"' } }),
      ),
      firstTimes(1, BLOB_GET, (request, response) => {
        seen.push(request.headers.authorization);
        response.writeHead(307, { location: `http://${storage.host}/bucket/blob?signature=a%2Fb` }).end();
        return true;
      }),
    );
    using known = testClient({ credentials: { find: async () => ({ kind: 'password', username: 'ann', password: 'secret' }) } });
    const bytes = await buffer(await known.repository(registry).openBlob(descriptor));
    expect(bytes.equals(blob.bytes)).toBe(true);
    expect(seen).toEqual([`Basic ${Buffer.from('ann:secret').toString('base64')}`, undefined]);
    expect(storage.log).toEqual(['GET /bucket/blob?signature=a%2Fb']);
  });
});
