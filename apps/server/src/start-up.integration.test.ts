import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { blobOf, createRegistryApi, expectStatus, openTempFolder, pushBlob, randomBlob } from '@slipway/testkit';
import { expect, test } from 'vitest';
import { startServer } from './testing/start-server.ts';

test('serve() says where it listens, how to log in and where data lie, and is ready', async () => {
  await using server = await startServer({ adminPassword: undefined });
  const shown = `localhost:${server.port}`;
  expect(server.output()).toContain(`docker login ${shown}    user admin, password `);
  expect(server.output()).toContain(`docker push ${shown}/admin/app`);
  expect(server.output()).toContain(server.data);
  const password = /password (\S+) /.exec(server.output())?.[1] ?? '';
  expect(await (await fetch(`${server.origin}/readyz`)).text()).toBe('ready\n');
  expect(await (await fetch(`${server.origin}/healthz`)).text()).toBe('ok\n');
  const api = createRegistryApi({ origin: server.origin, username: 'admin', password });
  expectStatus(await api.ping(), 200, 'log in with the printed password');
  api.close();
  for (const file of ['admin-password', 'admin.sock', 'keys/upload.key']) {
    expect((await stat(join(server.data, file))).mode & 0o777, file).toBe(0o600);
  }
  expect((await stat(server.data)).mode & 0o777).toBe(0o700);
});

test('serve() refuses a data folder in use, and the first server goes on', async () => {
  await using server = await startServer();
  await expect(startServer({ data: server.data })).rejects.toThrow(/ended with 1: DATA_FOLDER_BUSY: .* another server uses it\n$/);
  expect((await fetch(`${server.origin}/readyz`)).status).toBe(200);
});

test('serve() refuses a port in use and leaves the data folder free', async () => {
  await using folder = await openTempFolder();
  await using server = await startServer();
  const listen = `127.0.0.1:${server.port}`;
  await expect(startServer({ data: folder.path, listen })).rejects.toThrow(
    `ended with 1: LISTEN_FAILED: Cannot listen on ${listen}: listen EADDRINUSE`,
  );
  await using second = await startServer({ data: folder.path });
  expect((await fetch(`${second.origin}/readyz`)).status).toBe(200);
});

test('serve() ends when the admin socket cannot be made', async () => {
  await using folder = await openTempFolder();
  const data = join(folder.path, 'deep'.repeat(30));
  await expect(startServer({ data })).rejects.toThrow(/ended with 1: DATA_FOLDER_UNUSABLE: .*paths of sockets have at most/);
});

test('serve() refuses what cannot be a data folder', async () => {
  await expect(startServer({ data: '/dev/null/data' })).rejects.toThrow(/ended with 1: DATA_FOLDER_UNUSABLE: /);
});

test('serve() starts after kill -9 on what was left, lock and socket included', async () => {
  await using folder = await openTempFolder();
  const blob = blobOf(randomBlob(100_000));
  let adminPassword = '';
  for (const round of ['first', 'second', 'third']) {
    await using server = await startServer({ data: folder.path, ...(adminPassword === '' ? {} : { adminPassword }) });
    adminPassword = server.adminPassword;
    const api = createRegistryApi({ origin: server.origin, username: 'admin', password: adminPassword });
    if (round === 'first') await pushBlob(api, 'admin/app', blob);
    const found = await api.getBlob('admin/app', blob.descriptor.digest);
    expect(found.body.equals(blob.bytes)).toBe(true);
    api.close();
    expect(await ask(join(folder.path, 'admin.sock'), '/readyz')).toMatch(/^HTTP\/1\.1 200 /);
    await server.stop('SIGKILL');
  }
});

test('the admin socket is the owner without a login', async () => {
  await using server = await startServer();
  const socket = join(server.data, 'admin.sock');
  expect(await ask(socket, '/api/v1/accounts')).toMatch(/^HTTP\/1\.1 200 [\s\S]*"admin"/);
  expect((await fetch(`${server.origin}/api/v1/accounts`)).status).toBe(401);
});

async function ask(socketPath: string, path: string): Promise<string> {
  const socket = connect(socketPath);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  return Buffer.concat(await socket.toArray()).toString();
}
