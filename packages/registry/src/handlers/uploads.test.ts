import { readFile } from 'node:fs/promises';
import { randomBlob, startUpload } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blob, codesOf, digestOf } from '../testing/manifest-fixtures.ts';
import { openTestRegistry, PATIENCE, type TestRegistry } from '../testing/open-test-registry.ts';
import { headOf, openRawConnection } from '../testing/raw-http.ts';

const REPOSITORY = 'team/uploads';

let test: TestRegistry;

beforeAll(async () => {
  test = await openTestRegistry();
});

afterAll(async () => {
  await test[Symbol.asyncDispose]();
});

function post(query = '', headers: Record<string, string> = {}, body?: Uint8Array) {
  const path = `/v2/${REPOSITORY}/blobs/uploads/${query}`;
  return test.api.send({
    method: 'POST',
    path,
    headers: { 'content-length': String(body?.length ?? 0), ...headers },
    ...(body && { body }),
  });
}

function start(): Promise<string> {
  return startUpload(test.api, REPOSITORY);
}

function patch(location: string, body: Uint8Array, headers: Record<string, string> = {}) {
  return test.api.send({ method: 'PATCH', path: location, headers: { 'content-length': String(body.length), ...headers }, body });
}

function put(location: string, digest: string, body?: Uint8Array, headers: Record<string, string> = {}) {
  const length = { 'content-length': String(body?.length ?? 0) };
  return test.api.send({ method: 'PUT', path: `${location}&digest=${digest}`, headers: { ...length, ...headers }, ...(body && { body }) });
}

async function stored(digest: string): Promise<Buffer> {
  const response = await test.api.getBlob(REPOSITORY, digest);
  expect(response.status).toBe(200);
  return response.body;
}

function pathOf(location: string): string {
  const { pathname, search } = new URL(location);
  return pathname + search;
}

describe('POST an upload', () => {
  it('POST answers a session whose Location has a query and no digest (shell scripts append &digest=, containerd adds it)', async () => {
    const response = await post();
    expect(response.status).toBe(202);
    const { location = '', range } = response.headers;
    expect(location).toMatch(/^\/v2\/team\/uploads\/blobs\/uploads\/[\w-]+\?_state=\w+$/);
    expect(location).not.toContain('digest');
    expect(range).toBe('0-0');
    expect(response.headers['content-length']).toBe('0');
    expect(response.headers['docker-distribution-api-version']).toBe('registry/2.0');
    expect(location).toContain(String(response.headers['docker-upload-uuid']));
  });

  it('POST takes Content-Type application/json with an empty body and an origin (crane)', async () => {
    const response = await post(`?mount=${digestOf('absent')}&from=other/app&origin=gcr.io`, { 'content-type': 'application/json' });
    expect(response.status).toBe(202);
  });

  it('POST without the last slash begins an upload (shell scripts)', async () => {
    const response = await test.api.send({ method: 'POST', path: `/v2/${REPOSITORY}/blobs/uploads`, headers: { 'content-length': '0' } });
    expect(response.status).toBe(202);
  });

  it('POST with a digest stores the body at once (oras, regclient)', async () => {
    const content = blob('in one request');
    const response = await post(`?digest=${content.descriptor.digest}`, {}, content.bytes);
    expect(response.status).toBe(201);
    expect(response.headers.location).toBe(`/v2/${REPOSITORY}/blobs/${content.descriptor.digest}`);
    expect(response.headers['docker-content-digest']).toBe(content.descriptor.digest);
    expect(await stored(content.descriptor.digest)).toEqual(content.bytes);
  });

  it('POST with the digest of other bytes answers DIGEST_INVALID and leaves nothing behind', async () => {
    const before = await uploadCount();
    const response = await post(`?digest=${digestOf('other')}`, {}, Buffer.from('these'));
    expect(response.status).toBe(400);
    expect(codesOf(response)).toEqual(['DIGEST_INVALID']);
    expect(await uploadCount()).toBe(before);
  });

  it.each(['sha256:abc', 'md5:d41d8cd98f00b204e9800998ecf8427e', 'x'])('POST refuses digest=%s', async (digest) => {
    const response = await post(`?digest=${digest}`);
    expect(response.status).toBe(400);
    expect(codesOf(response)).toEqual(['DIGEST_INVALID']);
  });

  it('POST takes the digest-algorithm of the upload (conformance dev)', async () => {
    const response = await post('?digest-algorithm=sha512');
    expect(response.status).toBe(202);
    expect(response.headers.location).toContain('_state=sha512');
    expect((await post('?digest-algorithm=md5')).status).toBe(400);
  });
});

async function uploadCount(): Promise<number> {
  let count = 0;
  for await (const upload of test.blobs.walkUploads()) if (upload.id !== '') count += 1;
  return count;
}

describe('PUT an upload', () => {
  it('PUT after POST stores the body whole (containerd, oras)', async () => {
    const bytes = randomBlob(3_000_000, 'put');
    const digest = digestOf(bytes);
    const response = await put(await start(), digest, bytes);
    expect(response.status).toBe(201);
    expect(response.headers.location).toBe(`/v2/${REPOSITORY}/blobs/${digest}`);
    expect(response.headers['docker-content-digest']).toBe(digest);
    expect(response.headers['content-length']).toBe('0');
    expect((await stored(digest)).equals(bytes)).toBe(true);
  });

  it('PUT of a wrong digest answers DIGEST_INVALID and discards the upload (conformance)', async () => {
    const location = await start();
    await patch(location, Buffer.from('right'));
    const response = await put(location, digestOf('wrong'));
    expect(response.status).toBe(400);
    expect(codesOf(response)).toEqual(['DIGEST_INVALID']);
    expect((await test.api.send({ method: 'GET', path: location })).status).toBe(404);
    expect((await test.api.headBlob(REPOSITORY, digestOf('wrong'))).status).toBe(404);
    expect((await test.api.headBlob(REPOSITORY, digestOf('right'))).status).toBe(404);
  });

  it('PUT without a digest answers DIGEST_INVALID and keeps the upload', async () => {
    const location = await start();
    const response = await test.api.send({ method: 'PUT', path: location, headers: { 'content-length': '0' } });
    expect(response.status).toBe(400);
    expect(codesOf(response)).toEqual(['DIGEST_INVALID']);
    expect((await test.api.send({ method: 'GET', path: location })).status).toBe(204);
  });

  it('PUT takes the last chunk with its Content-Range', async () => {
    const location = await start();
    await patch(location, Buffer.from('first '), { 'content-range': '0-5' });
    const response = await put(location, digestOf('first last'), Buffer.from('last'), { 'content-range': '6-9' });
    expect(response.status).toBe(201);
    expect((await stored(digestOf('first last'))).toString()).toBe('first last');
  });

  it('PUT with a Content-Range out of order answers 416 and keeps the upload (distribution-spec 1.2)', async () => {
    const location = await start();
    await patch(location, Buffer.from('first '), { 'content-range': '0-5' });
    const response = await put(location, digestOf('first last'), Buffer.from('last'), { 'content-range': '7-10' });
    expect(response.status).toBe(416);
    const status = await test.api.send({ method: 'GET', path: location });
    expect(status).toMatchObject({ status: 204, headers: { range: '0-5' } });
  });

  it('PUT stores a blob of no bytes (empty layers)', async () => {
    const response = await put(await start(), digestOf(''));
    expect(response.status).toBe(201);
    const head = await test.api.headBlob(REPOSITORY, digestOf(''));
    expect(head).toMatchObject({ status: 200, headers: { 'content-length': '0' } });
    expect((await stored(digestOf(''))).length).toBe(0);
  });

  it('PUT stores under sha512, whatever the session was begun with', async () => {
    const digest = digestOf('long digests', 'sha512');
    const location = await start();
    await patch(location, Buffer.from('long '));
    const response = await put(location, digest, Buffer.from('digests'));
    expect(response.status).toBe(201);
    expect(response.headers['docker-content-digest']).toBe(digest);
    expect((await stored(digest)).toString()).toBe('long digests');
  });

  it('PUT again after the commit answers BLOB_UPLOAD_UNKNOWN', async () => {
    const location = await start();
    expect((await put(location, digestOf('once'), Buffer.from('once'))).status).toBe(201);
    const again = await put(location, digestOf('once'), Buffer.from('once'));
    expect(again.status).toBe(404);
    expect(codesOf(again)).toEqual(['BLOB_UPLOAD_UNKNOWN']);
  });
});

describe('PATCH an upload', () => {
  it('PATCH without Content-Range takes the whole stream (docker, containers/image, crane)', async () => {
    const bytes = randomBlob(2_500_000, 'stream');
    const location = await start();
    await using connection = await openRawConnection(test.port);
    const headers = { 'Transfer-Encoding': 'chunked', Connection: 'keep-alive' };
    await connection.write(headOf({ method: 'PATCH', path: pathOf(location), headers }));
    for (const part of [bytes.subarray(0, 1_000_000), bytes.subarray(1_000_000)]) {
      await connection.write(`${part.length.toString(16)}\r\n`);
      await connection.write(part);
      await connection.write('\r\n');
    }
    await connection.write('0\r\n\r\n');
    const answer = await connection.until(/\r\n\r\n/);
    expect(answer).toMatch(/^HTTP\/1\.1 202 /);
    expect(answer).toMatch(/\r\nRange: 0-2499999\r\n/);
    expect((await put(location, digestOf(bytes))).status).toBe(201);
    expect((await stored(digestOf(bytes))).equals(bytes)).toBe(true);
  });

  it('PATCH answers Location, Range without a unit, the upload id and no body (moby reads "%d-%d")', async () => {
    const location = await start();
    const response = await patch(location, Buffer.from('12345'));
    expect(response.status).toBe(202);
    expect(response.headers.range).toBe('0-4');
    expect(response.headers['content-length']).toBe('0');
    expect(response.headers.location).toContain(String(response.headers['docker-upload-uuid']));
    expect(response.headers['docker-distribution-api-version']).toBe('registry/2.0');
  });

  it('PATCH in chunks with Content-Range stores them in order (oras, regclient)', async () => {
    const bytes = randomBlob(1000, 'chunks');
    let location = await start();
    for (const at of [0, 300, 600, 900]) {
      const chunk = bytes.subarray(at, at + 300);
      const response = await patch(location, chunk, { 'content-range': `${at}-${at + chunk.length - 1}` });
      expect(response.status).toBe(202);
      location = new URL(response.headers.location ?? '', test.api.origin).href;
    }
    expect((await put(location, digestOf(bytes))).status).toBe(201);
    expect((await stored(digestOf(bytes))).equals(bytes)).toBe(true);
  });

  it('PATCH out of order answers 416, and the status is still there (conformance)', async () => {
    const location = await start();
    await patch(location, Buffer.from('12345'), { 'content-range': '0-4' });
    for (const range of ['0-4', '6-10', '4-8']) {
      const response = await patch(location, Buffer.from('67890'), { 'content-range': range });
      expect(response.status).toBe(416);
      expect(codesOf(response)).toEqual(['RANGE_INVALID']);
    }
    const status = await test.api.send({ method: 'GET', path: location });
    expect(status).toMatchObject({ status: 204, headers: { range: '0-4' } });
    expect(status.headers.location).toContain('_state=');
    expect((await patch(location, Buffer.from('67890'), { 'content-range': '5-9' })).status).toBe(202);
    expect((await put(location, digestOf('1234567890'))).status).toBe(201);
  });

  it('PATCH refuses a Content-Range that it cannot read, or of another length than the body', async () => {
    const location = await start();
    const unreadable = await patch(location, Buffer.from('12345'), { 'content-range': 'x' });
    expect(unreadable.status).toBe(416);
    const different = await patch(location, Buffer.from('12345'), { 'content-range': '0-3' });
    expect(different.status).toBe(400);
    expect(codesOf(different)).toEqual(['SIZE_INVALID']);
    expect((await test.api.send({ method: 'GET', path: location })).headers.range).toBe('0-0');
  });

  it('PATCH, PUT, GET and DELETE of an unknown upload answer 404', async () => {
    const location = `${test.api.origin}/v2/${REPOSITORY}/blobs/uploads/nothing?_state=sha256`;
    const unknown = [await patch(location, Buffer.from('1')), await put(location, digestOf('1'), Buffer.from('1'))];
    for (const method of ['GET', 'DELETE']) unknown.push(await test.api.send({ method, path: location }));
    for (const response of unknown) {
      expect(response.status).toBe(404);
      expect(codesOf(response)).toEqual(['BLOB_UPLOAD_UNKNOWN']);
    }
  });

  it('PATCH through another repository than the one of the session answers 404', async () => {
    const location = (await start()).replace(REPOSITORY, 'team/thief');
    expect((await patch(location, Buffer.from('1'))).status).toBe(404);
    expect((await test.api.send({ method: 'DELETE', path: location })).status).toBe(404);
  });

  it('PATCH twice at once never mixes: both or one of them count, and the bytes are those of one order', async () => {
    const location = await start();
    const [a, b] = [Buffer.alloc(400_000, 'a'), Buffer.alloc(400_000, 'b')];
    const answers = await Promise.all([patch(location, a), patch(location, b)]);
    expect(answers.map((answer) => answer.status)).toEqual([202, 202]);
    const candidates = [Buffer.concat([a, b]), Buffer.concat([b, a])];
    const status = await test.api.send({ method: 'GET', path: location });
    expect(status.headers.range).toBe('0-799999');
    const file = await readUpload(location);
    expect(candidates.some((candidate) => candidate.equals(file))).toBe(true);
  });

  it('PATCH twice at once at the same offset takes one and answers 416 to the other', async () => {
    const location = await start();
    const chunk = (text: string) => patch(location, Buffer.alloc(300_000, text), { 'content-range': '0-299999' });
    const statuses = (await Promise.all([chunk('a'), chunk('b')])).map((answer) => answer.status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([202, 416]);
    const file = await readUpload(location);
    expect(file.equals(Buffer.alloc(300_000, file.subarray(0, 1)))).toBe(true);
  });

  it('PATCH that breaks off keeps the session and the bytes that came (clients that resume)', async () => {
    const location = await start();
    const bytes = randomBlob(600_000, 'resume');
    const connection = await openRawConnection(test.port);
    await connection.write(headOf({ method: 'PATCH', path: pathOf(location), headers: { 'Content-Length': String(bytes.length) } }));
    await connection.write(bytes.subarray(0, 250_000));
    const handledBefore = test.handled.length;
    connection.socket.destroy();
    await expect.poll(() => test.handled.length, PATIENCE).toBe(handledBefore + 1);
    const status = await test.api.send({ method: 'GET', path: location });
    expect(status.status).toBe(204);
    const offset = Number(String(status.headers.range).split('-')[1]) + 1;
    expect(offset).toBeGreaterThan(1);
    expect(offset).toBeLessThanOrEqual(250_000);
    const rest = bytes.subarray(offset);
    expect((await patch(location, rest, { 'content-range': `${offset}-${bytes.length - 1}` })).status).toBe(202);
    expect((await put(location, digestOf(bytes))).status).toBe(201);
    expect((await stored(digestOf(bytes))).equals(bytes)).toBe(true);
  });
});

async function readUpload(location: string): Promise<Buffer> {
  return await readFile(`${test.folder}/uploads/${new URL(location).pathname.split('/').at(-1)}`);
}

describe('GET and DELETE an upload', () => {
  it('GET of an upload without bytes says Range 0-0', async () => {
    const status = await test.api.send({ method: 'GET', path: await start() });
    expect(status).toMatchObject({ status: 204, headers: { range: '0-0' } });
    expect(status.headers['docker-upload-uuid']).toBeDefined();
  });

  it('DELETE cancels an upload (containers/image after a refused mount)', async () => {
    const location = await start();
    expect((await test.api.send({ method: 'DELETE', path: location })).status).toBe(204);
    expect((await test.api.send({ method: 'GET', path: location })).status).toBe(404);
    expect((await test.api.send({ method: 'DELETE', path: location })).status).toBe(404);
  });
});

describe('an upload that ends under a request', () => {
  it('DELETE during a PATCH ends both: 204 and 404', async () => {
    const location = await start();
    await using connection = await openRawConnection(test.port);
    await connection.write(headOf({ method: 'PATCH', path: pathOf(location), headers: { 'Content-Length': '5000000' } }));
    await connection.write(Buffer.alloc(3_000_000));
    await expect.poll(async () => (await readUpload(location)).length, PATIENCE).toBeGreaterThan(0);
    expect((await test.api.send({ method: 'DELETE', path: location })).status).toBe(204);
    expect(await connection.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 404 /);
    expect((await test.api.send({ method: 'GET', path: location })).status).toBe(404);
  });
});

describe('early refusals', () => {
  it.each(['PATCH', 'PUT'])('%s with Expect: 100-continue is refused before its body when the upload is unknown (curl)', async (method) => {
    await using connection = await openRawConnection(test.port);
    const path = `/v2/${REPOSITORY}/blobs/uploads/nothing?_state=sha256&digest=${digestOf('x')}`;
    await connection.write(headOf({ method, path, headers: { Expect: '100-continue', 'Content-Length': '5000000' } }));
    expect(await connection.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 404 /);
  });

  it('PATCH with Expect: 100-continue to an upload that is gone is refused before its body (curl)', async () => {
    const location = await start();
    await test.api.send({ method: 'DELETE', path: location });
    await using connection = await openRawConnection(test.port);
    await connection.write(
      headOf({ method: 'PATCH', path: pathOf(location), headers: { Expect: '100-continue', 'Content-Length': '5000000' } }),
    );
    expect(await connection.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 404 /);
  });

  it('PATCH with Expect: 100-continue out of order is refused before its body', async () => {
    const location = await start();
    await using connection = await openRawConnection(test.port);
    const headers = { Expect: '100-continue', 'Content-Length': '10', 'Content-Range': '5-14' };
    await connection.write(headOf({ method: 'PATCH', path: pathOf(location), headers }));
    expect(await connection.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 416 /);
  });

  it('PATCH with Expect: 100-continue gets it, then stores the body (curl)', async () => {
    const location = await start();
    await using connection = await openRawConnection(test.port);
    await connection.write(headOf({ method: 'PATCH', path: pathOf(location), headers: { Expect: '100-continue', 'Content-Length': '5' } }));
    expect(await connection.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 100 /);
    await connection.write('12345');
    expect(await connection.until(/ 202 [^]*\r\n\r\n/)).toMatch(/Range: 0-4/);
  });

  it('a refusal reaches a client that is still sending, and the connection then ends in order', async () => {
    await using connection = await openRawConnection(test.port);
    const path = `/v2/${REPOSITORY}/blobs/uploads/nothing?_state=sha256`;
    const size = 16 * 1024 * 1024;
    await connection.write(headOf({ method: 'PATCH', path, headers: { 'Content-Length': String(size) } }));
    for (let sent = 0; sent < size; sent += 1024 * 1024) await connection.write(Buffer.alloc(1024 * 1024));
    const answer = await connection.until(/\r\n\r\n/);
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(answer).toMatch(/\r\nConnection: close\r\n/i);
    await connection.closed();
  });
});
