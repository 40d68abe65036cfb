import { execFileSync } from 'node:child_process';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  blobOf,
  buildImage,
  createRegistryApi,
  openTempFolder,
  pushBlob,
  type RegistryApi,
  type RegistryResponse,
  randomBlob,
} from '@slipway/testkit';
import { describe, expect, test } from 'vitest';
import { startServer } from './testing/start-server.ts';

const canMount = process.platform === 'linux' && process.getuid?.() === 0 && isMountPermitted();
const SMALL = buildImage({ layers: [[{ path: 'hello', content: 'hello\n' }]] });
const LARGE = blobOf(randomBlob(16 * 1024 * 1024));
const MEDIUM = blobOf(randomBlob(2 * 1024 * 1024, 'medium'));

function isMountPermitted(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

/** Runs `mount`; disposing it unmounts, whatever still looks at it. */
function mount(target: string, ...args: string[]): Disposable {
  execFileSync('mount', [...args, target], { stdio: 'pipe' });
  return { [Symbol.dispose]: () => void execFileSync('umount', ['--lazy', target], { stdio: 'pipe' }) };
}

function expectUnavailable(response: RegistryResponse, message: RegExp): void {
  expect(response.status).toBe(503);
  expect(response.headers['retry-after']).toBe('5');
  expect(response.headers['content-type']).toBe('application/json');
  const { errors } = JSON.parse(response.body.toString()) as { errors: { code: string; message: string }[] };
  expect(errors).toEqual([{ code: 'UNAVAILABLE', message: expect.stringMatching(message) }]);
}

async function upload(api: RegistryApi, { descriptor, bytes }: typeof LARGE): Promise<RegistryResponse> {
  const started = await api.send({ method: 'POST', path: '/v2/admin/app/blobs/uploads/', headers: { 'content-length': '0' } });
  if (started.status !== 202) return started;
  const path = `${started.headers.location ?? ''}&digest=${descriptor.digest}`;
  return await api.send({ method: 'PUT', path, headers: { 'content-length': String(bytes.length) }, body: bytes });
}

async function expectSmallImage(api: RegistryApi): Promise<void> {
  expect((await api.getManifest('admin/app', 'small')).body.equals(SMALL.manifest.bytes)).toBe(true);
  for (const blob of [SMALL.config, ...SMALL.layers]) {
    expect((await api.getBlob('admin/app', blob.descriptor.digest)).body.equals(blob.bytes)).toBe(true);
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

describe.skipIf(!canMount)(`the server without room to write${canMount ? '' : ' (skipped: mounting is not permitted here)'}`, () => {
  test('answers 503 on a full disk, goes on serving, and takes pushes once there is space', async () => {
    await using folder = await openTempFolder();
    using _mounted = mount(folder.path, '-t', 'tmpfs', '-o', 'size=8m', 'none');
    const data = join(folder.path, 'data');
    await using server = await startServer({ data });
    const api = createRegistryApi({ origin: server.origin, username: 'admin', password: server.adminPassword });
    await api.pushImage('admin/app', 'small', SMALL);
    expectUnavailable(await upload(api, LARGE), /ENOSPC/);
    await expectSmallImage(api);
    expect((await api.headBlob('admin/app', LARGE.descriptor.digest)).status).toBe(404);
    expect(await api.listTags('admin/app')).toEqual(['small']);

    const filler = join(folder.path, 'filler');
    await expect(writeFile(filler, Buffer.alloc(9_000_000, 1))).rejects.toThrow('ENOSPC');
    expect((await fetch(`${server.origin}/readyz`)).status).toBe(503);
    expect((await fetch(`${server.origin}/healthz`)).status).toBe(200);
    expect((await upload(api, MEDIUM)).status).toBe(503);
    const refusals: number[] = [];
    // Each takes a page or two of the database's log: at some point there is none left.
    for (let count = 0; count < 40; count += 1) refusals.push((await api.putManifest('admin/app', `tag-${count}`, SMALL.manifest)).status);
    expect(new Set(refusals.filter((status) => status !== 201))).toEqual(new Set([503]));
    await expectSmallImage(api);
    const stored = refusals.flatMap((status, count) => (status === 201 ? [`tag-${count}`] : []));
    expect(await api.listTags('admin/app')).toEqual(['small', ...stored].sort());

    await rm(filler);
    const sessions = (await readdir(join(data, 'uploads'))).filter((name) => !name.startsWith('.'));
    for (const id of sessions) {
      expect((await api.send({ method: 'DELETE', path: `/v2/admin/app/blobs/uploads/${id}` })).status).toBe(204);
    }
    expect((await fetch(`${server.origin}/readyz`)).status).toBe(200);
    await pushBlob(api, 'admin/app', MEDIUM);
    expect((await api.getBlob('admin/app', MEDIUM.descriptor.digest)).body.equals(MEDIUM.bytes)).toBe(true);
    const hexes = [SMALL.config, ...SMALL.layers, MEDIUM].map(({ descriptor }) => descriptor.digest.slice('sha256:'.length));
    expect((await filesBelow(join(data, 'blobs'))).sort()).toEqual(hexes.sort());
    api.close();
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  test('answers 503 where it may only read, and goes on serving', async () => {
    await using server = await startServer();
    const api = createRegistryApi({ origin: server.origin, username: 'admin', password: server.adminPassword });
    await api.pushImage('admin/app', 'small', SMALL);
    const uploads = join(server.data, 'uploads');
    {
      using _mounted = mount(uploads, '--bind', uploads);
      execFileSync('mount', ['-o', 'remount,bind,ro', uploads]);
      expectUnavailable(await upload(api, MEDIUM), /EROFS/);
      expect((await api.headBlob('admin/app', MEDIUM.descriptor.digest)).status).toBe(404);
      await expectSmallImage(api);
    }
    await pushBlob(api, 'admin/app', MEDIUM);
    await expectSmallImage(api);
    api.close();
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });
});
