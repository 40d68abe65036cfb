import { rm } from 'node:fs/promises';
import { mountBlob, pushBlob } from '@slipway/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blob, codesOf, digestOf } from '../testing/manifest-fixtures.ts';
import { openTestRegistry, type TestRegistry } from '../testing/open-test-registry.ts';

const CONTENT = blob('mounted');
const { digest } = CONTENT.descriptor;

let test: TestRegistry;
let target: string;
let targets = 0;

beforeAll(async () => {
  test = await openTestRegistry();
  await pushBlob(test.api, 'team/source', CONTENT);
});

beforeEach(() => {
  targets += 1;
  target = `team/target-${targets}`;
  test.authorizer.may = (account) => account !== undefined;
});

afterAll(async () => {
  await test[Symbol.asyncDispose]();
});

async function expectSession(response: Awaited<ReturnType<typeof mountBlob>>): Promise<void> {
  expect(response.status).toBe(202);
  expect(response.headers.range).toBe('0-0');
  const { location = '' } = response.headers;
  expect(location).toContain('?_state=');
  const put = await test.api.send({
    method: 'PUT',
    path: `${location}&digest=${digest}`,
    headers: { 'content-length': '7' },
    body: CONTENT.bytes,
  });
  expect(put.status).toBe(201);
}

describe('mounting a blob', () => {
  it('POST mount answers 201 with the location of the blob, which is then there', async () => {
    const response = await mountBlob(test.api, target, digest, 'team/source');
    expect(response.status).toBe(201);
    expect(response.headers).toMatchObject({ location: `/v2/${target}/blobs/${digest}`, 'docker-content-digest': digest });
    expect((await test.api.getBlob(target, digest)).body).toEqual(CONTENT.bytes);
  });

  it('POST mount from a repository that the caller may not read answers 202 with a session, never 403 (containerd ends its push)', async () => {
    test.authorizer.may = (_account, name, action) => !(name === 'team/source' && action === 'pull');
    await expectSession(await mountBlob(test.api, target, digest, 'team/source'));
  });

  it('POST mount of a blob that is not there answers 202 with a session (conformance)', async () => {
    const response = await mountBlob(test.api, target, digestOf('absent'), 'team/source');
    expect(response.status).toBe(202);
  });

  it.each(['team/none', 'NOT A NAME'])('POST mount from "%s" answers 202 with a session', async (from) => {
    await expectSession(await mountBlob(test.api, target, digest, from));
  });

  it('POST mount without from finds the blob where the caller may read (conformance, anonymous mount)', async () => {
    expect((await mountBlob(test.api, target, digest)).status).toBe(201);
    expect((await test.api.headBlob(target, digest)).status).toBe(200);
  });

  it('POST mount without from does not tell of repositories that the caller may not read', async () => {
    test.authorizer.may = (_account, name, action) => action === 'push' || name === target;
    await expectSession(await mountBlob(test.api, target, digest));
  });

  it('POST mount into itself answers 201', async () => {
    expect((await mountBlob(test.api, 'team/source', digest, 'team/source')).status).toBe(201);
  });

  it('POST mount with a digest that cannot be answers DIGEST_INVALID', async () => {
    const response = await mountBlob(test.api, target, 'sha256:abc', 'team/source');
    expect(response.status).toBe(400);
    expect(codesOf(response)).toEqual(['DIGEST_INVALID']);
  });

  it('POST mount of a blob whose file is gone answers 202, so that the upload heals it', async () => {
    const content = blob('lost');
    await pushBlob(test.api, 'team/source', content);
    await rm(test.fileOf(content.descriptor.digest));
    const response = await mountBlob(test.api, target, content.descriptor.digest, 'team/source');
    expect(response.status).toBe(202);
    expect((await test.api.headBlob(target, content.descriptor.digest)).status).toBe(404);
  });

  it('DELETE of the session after a refused mount needs no more than push (containers/image)', async () => {
    test.authorizer.may = (_account, name, action) => name === target && action === 'push';
    const response = await mountBlob(test.api, target, digest, 'team/source');
    expect(response.status).toBe(202);
    const cancelled = await test.api.send({ method: 'DELETE', path: response.headers.location ?? '' });
    expect(cancelled.status).toBe(204);
  });

  it('a mounted blob outlives the deletion of its source', async () => {
    const content = blob('outlives');
    await pushBlob(test.api, 'team/source', content);
    expect((await mountBlob(test.api, target, content.descriptor.digest, 'team/source')).status).toBe(201);
    expect((await test.api.deleteBlob('team/source', content.descriptor.digest)).status).toBe(202);
    await test.collect({ graceSeconds: 3600 });
    expect((await test.api.getBlob(target, content.descriptor.digest)).body).toEqual(content.bytes);
  });
});
