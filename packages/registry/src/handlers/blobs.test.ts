import { rm, truncate } from 'node:fs/promises';
import { pushBlob, randomBlob } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blob, codesOf, digestOf, pushImage } from '../testing/manifest-fixtures.ts';
import { openTestRegistry, PATIENCE, type TestRegistry } from '../testing/open-test-registry.ts';
import { headOf, openRawConnection } from '../testing/raw-http.ts';

const REPOSITORY = 'team/blobs';
const CONTENT = blob('0123456789');
const { digest } = CONTENT.descriptor;

let test: TestRegistry;

beforeAll(async () => {
  test = await openTestRegistry();
  await pushBlob(test.api, REPOSITORY, CONTENT);
});

afterAll(async () => {
  await test[Symbol.asyncDispose]();
});

function get(headers: Record<string, string>, method = 'GET') {
  return test.api.send({ method, path: `/v2/${REPOSITORY}/blobs/${digest}`, headers });
}

describe('GET and HEAD a blob', () => {
  it('HEAD says length, digest and that ranges are served (moby after its commit, oras seek)', async () => {
    const response = await test.api.headBlob(REPOSITORY, digest);
    expect(response.status).toBe(200);
    expect(response.headers).toMatchObject({
      'content-length': '10',
      'content-type': 'application/octet-stream',
      'docker-content-digest': digest,
      'accept-ranges': 'bytes',
      'docker-distribution-api-version': 'registry/2.0',
    });
    expect(response.body.length).toBe(0);
  });

  it('HEAD of an absent blob answers 404 (containerd ends its push on anything else)', async () => {
    const response = await test.api.headBlob(REPOSITORY, digestOf('absent'));
    expect(response.status).toBe(404);
    expect((await test.api.headBlob('team/none', digest)).status).toBe(404);
    expect(response.headers['docker-distribution-api-version']).toBe('registry/2.0');
  });

  it('GET answers the bytes with their headers', async () => {
    const response = await get({});
    expect(response.status).toBe(200);
    expect(response.body).toEqual(CONTENT.bytes);
    expect(response.headers).toMatchObject({ 'content-length': '10', 'docker-content-digest': digest, 'accept-ranges': 'bytes' });
  });

  it('GET never compresses (containerd asks for zstd, gzip, deflate)', async () => {
    const response = await get({ 'accept-encoding': 'zstd, gzip, deflate' });
    expect(response.headers['content-encoding']).toBeUndefined();
    expect(response.headers['transfer-encoding']).toBeUndefined();
    expect(response.body).toEqual(CONTENT.bytes);
  });

  it('GET takes the ns parameter of mirrors (kubelet, containerd)', async () => {
    const response = await test.api.send({ method: 'GET', path: `/v2/${REPOSITORY}/blobs/${digest}?ns=docker.io` });
    expect(response.status).toBe(200);
  });

  it('GET of a blob that another repository has answers BLOB_UNKNOWN', async () => {
    const response = await test.api.getBlob('team/other', digest);
    expect(response.status).toBe(404);
    expect(codesOf(response)).toEqual(['BLOB_UNKNOWN']);
  });

  it.each(['sha256:abc', 'latest', `sha256:${'A'.repeat(64)}`])('GET of "%s" answers DIGEST_INVALID', async (reference) => {
    const response = await test.api.getBlob(REPOSITORY, reference);
    expect(response.status).toBe(400);
    expect(codesOf(response)).toEqual(['DIGEST_INVALID']);
  });

  it.each(['GET', 'HEAD'])('%s with If-None-Match answers 304 without a body', async (method) => {
    const response = await get({ 'if-none-match': `"${digest}"` }, method);
    expect(response.status).toBe(304);
    expect(response.headers.etag).toBe(`"${digest}"`);
    expect(response.body.length).toBe(0);
    expect((await get({ 'if-none-match': '"other"' }, method)).status).toBe(200);
  });

  it('GET of the same blob by many at once gives each the same bytes', async () => {
    const bytes = randomBlob(3_000_000, 'many');
    await pushBlob(test.api, REPOSITORY, blob(bytes));
    const answers = await Promise.all(Array.from({ length: 12 }, () => test.api.getBlob(REPOSITORY, digestOf(bytes))));
    expect(answers.every((answer) => answer.body.equals(bytes))).toBe(true);
  });
});

describe('GET a range of a blob', () => {
  it.each([
    ['bytes=2-5', '2345', 'bytes 2-5/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-30', '0123456789', 'bytes 0-9/10'],
    ['bytes=8-100', '89', 'bytes 8-9/10'],
    ['bytes=0-0', '0', 'bytes 0-0/10'],
  ])('GET %s answers 206 with its Content-Range (moby resume, oras seek, conformance)', async (range, body, contentRange) => {
    const response = await get({ range });
    expect(response.status).toBe(206);
    expect(response.body.toString()).toBe(body);
    expect(response.headers).toMatchObject({
      'content-range': contentRange,
      'content-length': String(body.length),
      'docker-content-digest': digest,
    });
  });

  it('GET beyond the end answers 416 with the size', async () => {
    const response = await get({ range: 'bytes=10-' });
    expect(response.status).toBe(416);
    expect(response.headers['content-range']).toBe('bytes */10');
    expect(response.headers['content-length']).toBe('0');
  });

  it.each(['lines=0-1', 'bytes=5-2', 'nonsense'])('GET with Range "%s" answers the whole', async (range) => {
    const response = await get({ range });
    expect(response.status).toBe(200);
    expect(response.body).toEqual(CONTENT.bytes);
  });

  it('GET of many ranges answers multipart/byteranges (containers/image zstd:chunked, stargz)', async () => {
    const response = await get({ range: 'bytes=0-1,5-6,-1' });
    expect(response.status).toBe(206);
    const boundary = /^multipart\/byteranges; boundary=(\w+)$/.exec(response.headers['content-type'] ?? '')?.[1] ?? 'none';
    const part = (range: string, body: string) =>
      `--${boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes ${range}/10\r\n\r\n${body}\r\n`;
    expect(response.body.toString()).toBe(`${part('0-1', '01')}${part('5-6', '56')}${part('9-9', '9')}--${boundary}--\r\n`);
    expect(response.headers['content-length']).toBe(String(response.body.length));
  });

  it('GET with If-Range of other bytes answers the whole', async () => {
    expect((await get({ range: 'bytes=0-1', 'if-range': '"other"' })).status).toBe(200);
    expect((await get({ range: 'bytes=0-1', 'if-range': `"${digest}"` })).status).toBe(206);
  });

  it('GET whose client hangs up stops reading (containerd asks bytes=N- and closes)', async () => {
    const bytes = randomBlob(24 * 1024 * 1024, 'hang up');
    await pushBlob(test.api, REPOSITORY, blob(bytes));
    const connection = await openRawConnection(test.port);
    const before = test.handled.length;
    const path = `/v2/${REPOSITORY}/blobs/${digestOf(bytes)}`;
    await connection.write(headOf({ method: 'GET', path, headers: { Range: 'bytes=100-' } }));
    await connection.until(/\r\n\r\n/);
    connection.socket.destroy();
    await expect.poll(() => test.handled.length, PATIENCE).toBe(before + 1);
    expect((await get({})).status).toBe(200);
  });
});

describe('DELETE a blob', () => {
  it('DELETE answers 202, then the blob is gone at once from this repository alone', async () => {
    const content = blob('deleted');
    await pushBlob(test.api, 'team/delete', content);
    await pushBlob(test.api, 'team/keep', content);
    const response = await test.api.deleteBlob('team/delete', content.descriptor.digest);
    expect(response.status).toBe(202);
    expect((await test.api.headBlob('team/delete', content.descriptor.digest)).status).toBe(404);
    expect((await test.api.getBlob('team/keep', content.descriptor.digest)).body).toEqual(content.bytes);
    expect((await test.api.deleteBlob('team/delete', content.descriptor.digest)).status).toBe(404);
  });

  it('DELETE of a blob that a manifest needs answers UNSUPPORTED and keeps it', async () => {
    const { layer } = await pushImage(test.api, { repository: 'team/delete', text: 'needed', tag: 'v1' });
    const response = await test.api.deleteBlob('team/delete', layer.descriptor.digest);
    expect(response.status).toBe(405);
    expect(codesOf(response)).toEqual(['UNSUPPORTED']);
    expect((await test.api.headBlob('team/delete', layer.descriptor.digest)).status).toBe(200);
  });
});

describe('a blob whose file is damaged', () => {
  it.each(['gone', 'shorter'])(
    'HEAD answers 404 while its file is %s, so that a push heals it (docker skips what is there)',
    async (damage) => {
      const content = blob(`damaged: ${damage}`);
      const target = content.descriptor.digest;
      await pushBlob(test.api, REPOSITORY, content);
      if (damage === 'gone') await rm(test.fileOf(target));
      else await truncate(test.fileOf(target), 3);
      expect((await test.api.headBlob(REPOSITORY, target)).status).toBe(404);
      expect((await test.api.getBlob(REPOSITORY, target)).status).toBe(404);
      await pushBlob(test.api, REPOSITORY, content);
      expect((await test.api.headBlob(REPOSITORY, target)).status).toBe(200);
      expect((await test.api.getBlob(REPOSITORY, target)).body).toEqual(content.bytes);
    },
  );
});
