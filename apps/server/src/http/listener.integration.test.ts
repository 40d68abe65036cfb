import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import type { LogFields } from '@slipway/base';
import { silentLogger } from '@slipway/base';
import { openTempFolder } from '@slipway/testkit';
import { expect, test } from 'vitest';
import { createTestAuthority, type TestAuthority } from '../testing/certificates.ts';
import { waitUntil } from '../testing/start-server.ts';
import { createListener } from './listener.ts';

const CHECK_MS = 20;

async function openTlsListener(folder: string, authority: TestAuthority) {
  const files = { cert: join(folder, 'server.pem'), key: join(folder, 'server.key') };
  const install = (pair: { cert: string; key: string }): void => {
    writeFileSync(files.cert, pair.cert);
    writeFileSync(files.key, pair.key);
  };
  install(authority.issue('first'));
  const logged: { message: string; fields: LogFields | undefined }[] = [];
  const keep = (message: string, fields?: LogFields): void => void logged.push({ message, fields });
  const logger = { ...silentLogger, info: keep, warn: keep };
  const listener = createListener((_request, response) => response.end('hello'), { tls: files, logger, certificateCheckMs: CHECK_MS });
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  const { port } = listener.address() as AddressInfo;
  return {
    files,
    install,
    logged,
    ask: () => ask(port, authority.certificate),
    async [Symbol.asyncDispose]() {
      listener.close();
      listener.closeAllConnections();
      await once(listener, 'close');
    },
  };
}

/** The name on the certificate and the answer, over a connection of its own. */
async function ask(port: number, ca: string): Promise<{ name: string; body: string }> {
  const call = request({ host: '127.0.0.1', port, ca, agent: false }).end();
  const [response] = (await once(call, 'response')) as [NodeJS.ReadableStream & { socket: TLSSocket }];
  const name = String(response.socket.getPeerCertificate().subject.CN);
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { name, body };
}

test('createListener() serves a certificate and, once it is replaced, the new one', async () => {
  await using folder = await openTempFolder();
  const authority = createTestAuthority(folder.path);
  await using tls = await openTlsListener(folder.path, authority);
  expect(await tls.ask()).toEqual({ name: 'first', body: 'hello' });
  tls.install(authority.issue('second'));
  await waitUntil(async () => (await tls.ask()).name === 'second' || undefined);
  expect(tls.logged).toContainEqual({ message: 'The certificate was reloaded', fields: { cert: tls.files.cert } });
});

test('createListener() keeps the old certificate until a replacement is whole', async () => {
  await using folder = await openTempFolder();
  const authority = createTestAuthority(folder.path);
  await using tls = await openTlsListener(folder.path, authority);
  const second = authority.issue('second');
  const third = authority.issue('third');
  const warnings = (): number => tls.logged.filter(({ message }) => message.includes('cannot be reloaded')).length;
  for (const pair of [
    { cert: 'no certificate', key: second.key },
    { cert: second.cert, key: third.key },
  ]) {
    const before = warnings();
    tls.install(pair);
    await waitUntil(() => warnings() > before || undefined);
    expect((await tls.ask()).name).toBe('first');
  }
  expect(JSON.stringify(tls.logged)).not.toContain('PRIVATE KEY');
  tls.install(third);
  await waitUntil(async () => (await tls.ask()).name === 'third' || undefined);
});

test('createListener() refuses a certificate and key that do not belong together', async () => {
  await using folder = await openTempFolder();
  const authority = createTestAuthority(folder.path);
  const files = { cert: join(folder.path, 'a.pem'), key: join(folder.path, 'b.key') };
  authority.issue('a');
  authority.issue('b');
  const create = (tls: typeof files): unknown => createListener(() => undefined, { tls, logger: silentLogger });
  expect(() => create(files)).toThrow(
    expect.objectContaining({ code: 'TLS_INVALID', message: expect.stringContaining(`"${files.cert}" with key "${files.key}"`) }),
  );
  expect(() => create({ cert: '/nowhere.pem', key: files.key })).toThrow(expect.objectContaining({ code: 'TLS_INVALID' }));
});
