import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { parseDigest, parseTagName } from '@slipway/oci';
import { blobOf, openTempFolder, type TempFolder } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FakeRegistry, refuse, startFakeRegistry, testClient } from '../testing/fake-registry.ts';

const latest = parseTagName('latest');
const indexText = '{"schemaVersion":2,"manifests":[]}';
const manifest = blobOf(Buffer.from(indexText), 'application/vnd.oci.image.index.v1+json');
let folder: TempFolder;
let tls: { readonly key: string; readonly cert: string };

beforeAll(async () => {
  folder = await openTempFolder();
  const [key, cert] = [join(folder.path, 'key.pem'), join(folder.path, 'cert.pem')];
  const names = 'subjectAltName=DNS:registry.test,IP:127.0.0.1';
  const options = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=registry.test',
    '-addext',
    names,
  ];
  execFileSync('openssl', ['req', '-x509', ...options, '-keyout', key, '-out', cert], { stdio: 'pipe' });
  tls = { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
});

afterAll(async () => await folder[Symbol.asyncDispose]());

async function startTlsRegistry(): Promise<FakeRegistry> {
  const registry = await startFakeRegistry({ tls });
  registry.manifests.set('latest', { bytes: manifest.bytes, mediaType: manifest.descriptor.mediaType });
  return registry;
}

/** A proxy that leads every tunnel to one address, whatever host is asked for. */
async function startProxy(target: string) {
  const asked: (string | undefined)[] = [];
  const server = createServer((_, response) => refuse(response, 500, 'UNKNOWN'));
  server.on('connect', (request, socket) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization']}`);
    const upstream = connect(Number(target.split(':')[1]), '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
    upstream.pipe(socket).pipe(upstream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    asked,
    url: `http://ann:pw@127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.dispose]: () => void server.close(),
  };
}

describe('createTransport()', () => {
  test('speaks HTTPS to a loopback registry that does not speak HTTP', async () => {
    await using registry = await startTlsRegistry();
    using user = testClient();
    expect((await user.repository(registry).resolve(latest)).size).toBe(manifest.bytes.length);
  });

  test('speaks to where a host sends everything, for writing too', async () => {
    await using registry = await startTlsRegistry();
    await using plain = await startFakeRegistry();
    plain.rules.push(
      (request, response) => response.writeHead(301, { location: `https://${registry.host}${request.url}` }).end().writableEnded,
    );
    using user = testClient();
    const { bytes, descriptor } = manifest;
    const content = { bytes, mediaType: descriptor.mediaType, digest: parseDigest(descriptor.digest) };
    const pushed = await user.repository(plain).pushManifest(content);
    expect(registry.manifests.get(pushed.digest)?.bytes.toString()).toBe(indexText);
  });

  test('goes through a proxy with its credentials, and trusts what certs.d and SSL_CERT_FILE hold, and nothing else', async () => {
    await using registry = await startTlsRegistry();
    using proxy = await startProxy(registry.host);
    const env = { HTTPS_PROXY: proxy.url };
    const host = { host: 'registry.test:5443' };
    using wary = testClient({ env, certificateFolders: [] });
    await expect(wary.repository(host).resolve(latest)).rejects.toMatchObject({
      code: 'TLS_UNTRUSTED',
      hint: expect.stringContaining('/etc/docker/certs.d/registry.test:5443/ca.crt'),
    });
    const certificates = join(folder.path, 'certs.d');
    await mkdir(join(certificates, host.host), { recursive: true });
    await writeFile(join(certificates, host.host, 'ca.crt'), tls.cert);
    for (const options of [
      { env, certificateFolders: [certificates] },
      { env: { ...env, SSL_CERT_FILE: join(folder.path, 'cert.pem') }, certificateFolders: [] },
      { env, certificateFolders: [], insecureRegistries: ['registry.test:5443'] },
    ]) {
      using user = testClient(options);
      expect((await user.repository(host).resolve(latest)).size).toBe(manifest.bytes.length);
    }
    expect(new Set(proxy.asked)).toEqual(new Set([`registry.test:5443 Basic ${Buffer.from('ann:pw').toString('base64')}`]));
  });

  test('never follows a redirect from https to http, nor sends a password to an http realm', async () => {
    await using registry = await startTlsRegistry();
    using proxy = await startProxy(registry.host);
    const given = { find: async () => ({ kind: 'password', username: 'ann', password: 'pw' }) as const };
    using user = testClient({ env: { HTTPS_PROXY: proxy.url }, insecureRegistries: ['registry.test'], credentials: given });
    registry.rules.push((request, response) => {
      if (request.url !== '/v2/') response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
      return request.url !== '/v2/';
    });
    await expect(user.repository({ host: 'registry.test' }).resolve(latest)).rejects.toMatchObject({ code: 'ANSWER_INVALID' });
    registry.rules[0] = (_, response) =>
      refuse(response, 401, {
        code: 'UNAUTHORIZED',
        headers: { 'www-authenticate': 'Bearer realm="http://127.0.0.1:1/token",service="x"' },
      });
    await expect(user.repository({ host: 'registry.test' }).resolve(latest)).rejects.toMatchObject({ code: 'REALM_REFUSED' });
  });

  test('says what is wrong when nobody listens, there is no such host, or the registry speaks no TLS', async () => {
    using user = testClient();
    await expect(user.repository({ host: '127.0.0.1:1' }).resolve(latest)).rejects.toMatchObject({
      code: 'HOST_UNREACHABLE',
      message: 'Cannot reach "http://127.0.0.1:1": connection refused',
    });
    expect(user.clock.sleeps).toEqual([]);
    await using registry = await startFakeRegistry();
    using proxy = await startProxy(registry.host);
    using tunnelled = testClient({ env: { HTTPS_PROXY: proxy.url } });
    await expect(tunnelled.repository({ host: 'registry.test' }).resolve(latest)).rejects.toMatchObject({ code: 'PLAIN_HTTP' });
  });
});
