import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { blobOf, buildImage, createRegistryApi, pushBlob, randomBlob, startUpload } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ServerProcess, startServer, waitUntil } from './testing/start-server.ts';

/** The stalled readers alone ask for 16 GB. Senders and receivers share buffers of 48 MiB each; the rest is connections and garbage. */
const MAX_RESIDENT_KIB = 640 * 1024;
const BIG = blobOf(randomBlob(32 * 1024 * 1024));
const KIB = 'x'.repeat(1024);

describe('the server among hostile clients', () => {
  let server: ServerProcess;
  let token: string;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    server = await startServer();
    const api = createRegistryApi({ origin: server.origin, username: 'admin', password: server.adminPassword });
    await pushBlob(api, 'admin/app', BIG);
    token = await api.token(['repository:admin/app:pull,push'], `${server.origin}/token`, new URL(server.origin).host);
    api.close();
  });
  afterAll(async () => {
    closeAll();
    await server[Symbol.asyncDispose]();
  });

  function closeAll(): void {
    for (const socket of sockets.splice(0)) socket.destroy();
  }
  async function open(text = ''): Promise<Socket> {
    const socket = connect(server.port, '127.0.0.1');
    sockets.push(socket);
    // Being cut off is what such clients have to expect.
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    if (text !== '') socket.write(text);
    return socket;
  }
  async function openMany(count: number, text: string | ((index: number) => string) = ''): Promise<Socket[]> {
    const opened: Socket[] = [];
    for (let start = 0; start < count; start += 100) {
      const batch = Array.from({ length: Math.min(100, count - start) }, (_, offset) =>
        open(typeof text === 'string' ? text : text(start + offset)),
      );
      opened.push(...(await Promise.all(batch)));
    }
    return opened;
  }
  const head = (line: string, headers = ''): string =>
    `${line} HTTP/1.1\r\nHost: ${new URL(server.origin).host}\r\nAuthorization: Bearer ${token}\r\n${headers}\r\n`;

  /** What others notice: nothing. And memory stays within bounds, now and at its height. */
  async function expectUndisturbed(seed: string): Promise<void> {
    const api = createRegistryApi({ origin: server.origin, username: 'admin', password: server.adminPassword });
    const image = buildImage({ layers: [[{ path: 'seed', content: seed }]] });
    await api.pushImage('admin/quiet', 'v1', image);
    expect((await api.getManifest('admin/quiet', 'v1')).body.equals(image.manifest.bytes)).toBe(true);
    const layer = image.layers[0];
    expect((await api.getBlob('admin/quiet', layer?.descriptor.digest ?? '')).body).toEqual(layer?.bytes);
    const pulled = await api.download({ method: 'GET', path: `/v2/admin/app/blobs/${BIG.descriptor.digest}` });
    expect(pulled.digest).toBe(BIG.descriptor.digest);
    api.close();
    for (const field of ['VmRSS', 'VmHWM'] as const) expect(await residentKib(field), field).toBeLessThan(MAX_RESIDENT_KIB);
  }

  async function residentKib(field: 'VmRSS' | 'VmHWM'): Promise<number> {
    const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
  }

  test('bears 2000 idle connections', async () => {
    await openMany(2000);
    await expectUndisturbed('idle');
    closeAll();
  });

  test('bears 500 uploads that stop half way', async () => {
    const api = createRegistryApi({ origin: server.origin, username: 'admin', password: server.adminPassword });
    const paths: string[] = [];
    for (let count = 0; count < 500; count += 1) paths.push((await startUpload(api, 'admin/app')).replace(server.origin, ''));
    api.close();
    const half = KIB.repeat(64);
    await openMany(500, (index) => head(`PATCH ${paths[index]}`, `Content-Length: ${128 * 1024}\r\n`) + half);
    await expectUndisturbed('half');
    closeAll();
  });

  test('bears 500 readers of a large blob that read nothing', async () => {
    const readers = await openMany(500, head(`GET /v2/admin/app/blobs/${BIG.descriptor.digest}`));
    for (const reader of readers) reader.once('data', () => reader.pause());
    await Promise.all(readers.map(async (reader) => await waitUntil(() => reader.isPaused() || undefined)));
    await expectUndisturbed('slow');
    closeAll();
  });

  test('answers 431 to headers above 32 KiB, at once or by the drop', async () => {
    const answers = await Promise.all([
      readAll(await open(`GET /v2/ HTTP/1.1\r\nHost: x\r\nX-Large: ${KIB.repeat(33)}\r\n\r\n`)),
      readAll(await open(`GET /${KIB.repeat(33)} HTTP/1.1\r\nHost: x\r\n\r\n`)),
      readAll(await open(`GET /v2/ HTTP/1.1\r\nHost: x\r\n${`X-Many: ${KIB}\r\n`.repeat(33)}\r\n`)),
      drip(await open('GET /v2/ HTTP/1.1\r\nHost: x\r\nX-Drip: '), KIB.repeat(2), 20),
    ]);
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    await expectUndisturbed('headers');
  });

  test('bears headers and bodies that come by the byte', async () => {
    const headers = await openMany(200, 'GET /v2/ HTTP/1.1\r\nHost: x\r\nX-Drip: ');
    const forms = await openMany(
      200,
      'POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\n',
    );
    const manifests = await openMany(200, head('PUT /v2/admin/app/manifests/drip', 'Content-Length: 4000000\r\n'));
    for (let round = 0; round < 5; round += 1) {
      for (const socket of [...headers, ...forms, ...manifests]) socket.write('a');
      await delay(20);
    }
    await expectUndisturbed('drip');
    closeAll();
  });

  test('answers garbage with 400 and hangs up, also behind a good request', async () => {
    const good = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';
    const garbage = [
      '\0\x01\x02\x03\r\n\r\n',
      'GET\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01',
      'NOPE / HTTP/1.1\r\n\r\n',
    ];
    for (const text of garbage) {
      expect(await readAll(await open(text)), JSON.stringify(text)).toMatch(/^HTTP\/1\.1 400 /);
      // Where an answer has begun, Node only hangs up.
      expect(await readAll(await open(good + good + text))).toMatch(/^(?:HTTP\/1\.1 (?:200|400) |$)/);
    }
    const smuggled = head('PUT /v2/admin/app/manifests/x', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n');
    expect(await readAll(await open(`${smuggled}0\r\n\r\n`))).toMatch(/^HTTP\/1\.1 400 /);
    const chunk = head('PUT /v2/admin/app/manifests/x', 'Transfer-Encoding: chunked\r\n');
    expect(await readAll(await open(`${chunk}zzz\r\n`))).toMatch(/^HTTP\/1\.1 400 /);
    await expectUndisturbed('garbage');
  });

  test('bears floods of pipelined requests whose answers nobody reads', async () => {
    const flood = head('GET /v2/admin/app/tags/list').repeat(500);
    for (const socket of await openMany(20, flood)) socket.pause();
    await expectUndisturbed('flood');
    closeAll();
    await waitUntil(async () => {
      const metrics = await (await fetch(`${server.origin}/metrics`)).text();
      return /^slipway_http_requests_in_flight 1$/m.test(metrics) || undefined;
    });
  });

  test('stops in order at the end of it all', async () => {
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    const complaints = server
      .output()
      .split('\n')
      .filter((line) => /"level":"(?:error|warn)"|Warning|Unhandled/.test(line))
      .map((line) => /"error":"[^"]*"/.exec(line)?.[0] ?? line);
    expect(complaints).toEqual([]);
  });
});

/** Everything that comes until the connection ends. */
async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  await closed(socket);
  return text;
}

/** Resolves at the end of the connection, in order or by a reset. */
async function closed(socket: Socket): Promise<void> {
  if (socket.closed) return;
  await new Promise((resolve) => socket.once('close', resolve));
}

async function drip(socket: Socket, text: string, times: number): Promise<string> {
  const answer = readAll(socket);
  for (let count = 0; count < times && socket.writable; count += 1) {
    socket.write(text);
    await delay(5);
  }
  return await answer;
}
