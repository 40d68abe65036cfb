import { pushBlob } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blob, codesOf, EMPTY_JSON, imageOf, TYPES } from '../testing/manifest-fixtures.ts';
import { openTestRegistry, PATIENCE, type TestRegistry } from '../testing/open-test-registry.ts';
import { headOf, openRawConnection } from '../testing/raw-http.ts';

const REPOSITORY = 'team/large';
const LIMIT = 4 * 1024 * 1024;
const PATH = `/v2/${REPOSITORY}/manifests/large`;

let test: TestRegistry;

beforeAll(async () => {
  test = await openTestRegistry();
  await pushBlob(test.api, REPOSITORY, EMPTY_JSON);
});

afterAll(async () => {
  await test[Symbol.asyncDispose]();
});

/** An image manifest of exactly that many bytes. */
function imageOfSize(sizeBytes: number) {
  const smallest = imageOf({ annotations: { pad: '' } }).bytes.length;
  return imageOf({ annotations: { pad: 'x'.repeat(sizeBytes - smallest) } });
}

describe('the size of manifests', () => {
  it.each([3_900_000, LIMIT])('PUT takes a manifest of %i bytes and gives it back (conformance)', async (sizeBytes) => {
    const image = imageOfSize(sizeBytes);
    expect((await test.api.putManifest(REPOSITORY, 'large', image)).status).toBe(201);
    const response = await test.api.getManifest(REPOSITORY, 'large');
    expect(response.body.equals(image.bytes)).toBe(true);
    expect(response.headers['content-length']).toBe(String(sizeBytes));
  });

  it('PUT of more than 4 MiB answers 413, announced or not (oras and containerd could not read it)', async () => {
    const image = imageOfSize(LIMIT + 1);
    const announced = await test.api.putManifest(REPOSITORY, 'large', image);
    expect(announced.status).toBe(413);
    expect(codesOf(announced)).toEqual(['MANIFEST_TOO_LARGE']);
    await using connection = await openRawConnection(test.port);
    await connection.write(headOf({ method: 'PUT', path: PATH, headers: { 'Content-Type': TYPES.image, 'Transfer-Encoding': 'chunked' } }));
    await connection.write(`${image.bytes.length.toString(16)}\r\n`);
    await connection.write(image.bytes);
    await connection.write('\r\n0\r\n\r\n');
    expect(await connection.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('the 413 reaches a client that sends all of a far larger body before it reads', async () => {
    await using connection = await openRawConnection(test.port);
    const size = 24 * 1024 * 1024;
    await connection.write(headOf({ method: 'PUT', path: PATH, headers: { 'Content-Type': TYPES.image, 'Content-Length': String(size) } }));
    for (let sent = 0; sent < size; sent += 1024 * 1024) await connection.write(Buffer.alloc(1024 * 1024, ' '));
    expect(await connection.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 413 /);
    await connection.closed();
  });

  it('PUT with Expect: 100-continue of more than 4 MiB is refused before the body', async () => {
    await using connection = await openRawConnection(test.port);
    const headers = { 'Content-Type': TYPES.image, 'Content-Length': String(LIMIT + 1), Expect: '100-continue' };
    await connection.write(headOf({ method: 'PUT', path: PATH, headers }));
    expect(await connection.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('PUT whose client breaks off stores nothing', async () => {
    const image = imageOfSize(100_000);
    const connection = await openRawConnection(test.port);
    const before = test.handled.length;
    const path = `/v2/${REPOSITORY}/manifests/broken`;
    await connection.write(headOf({ method: 'PUT', path, headers: { 'Content-Type': TYPES.image, 'Content-Length': '100000' } }));
    await connection.write(image.bytes.subarray(0, 50_000));
    connection.socket.destroy();
    await expect.poll(() => test.handled.length, PATIENCE).toBe(before + 1);
    expect((await test.api.headManifest(REPOSITORY, 'broken')).status).toBe(404);
  });

  it('a layer list of thousands is stored and its blobs are all required', async () => {
    const layers = Array.from({ length: 3000 }, (_, at) => blob(`layer ${at}`).descriptor);
    const response = await test.api.putManifest(REPOSITORY, 'many', imageOf({ layers }));
    expect(response.status).toBe(400);
    expect(codesOf(response).length).toBe(3000);
  });
});
