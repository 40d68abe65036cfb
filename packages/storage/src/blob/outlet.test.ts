import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { buffer as collect } from 'node:stream/consumers';
import { systemClock } from '@slipway/base/node';
import { describe, expect, it } from 'vitest';
import { BufferPool } from './buffer-pool.ts';
import { sendBytes } from './send-bytes.ts';

const bytes = Buffer.alloc(6_000_000);
for (let index = 0; index + 4 <= bytes.length; index += 4) bytes.writeUInt32LE(index, index);
const span = { start: 0, lengthBytes: bytes.length };

function readBytes(buffer: Buffer, lengthBytes: number, position: number): void {
  bytes.copy(buffer, 0, position, position + lengthBytes);
}

/** Serves `bytes` with buffers of `pool`; `outcomes` gets how each transfer ended. */
async function serve(pool: BufferPool) {
  const outcomes: Promise<unknown>[] = [];
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    const sending = sendBytes({ read: readBytes, span, target: response, pool, clock: systemClock });
    outcomes.push(
      sending.then(
        () => response.end() && 'sent',
        (error: unknown) => error,
      ),
    );
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    outcomes,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function get(port: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request({ host: '127.0.0.1', port }, resolve).on('error', reject).end();
  return await collect(await promise);
}

describe('sendBytes()', () => {
  it('reuses buffers without mixing transfers up', async () => {
    const pool = new BufferPool({ largeLimit: 3, smallLimit: 3 });
    await using server = await serve(pool);
    const bodies = await Promise.all(Array.from({ length: 12 }, () => get(server.port)));
    for (const body of bodies) expect(body.equals(bytes)).toBe(true);
    expect(pool.lentBytes).toBe(0);
  });

  it('serves others while stalled readers hold the whole pool', async () => {
    const pool = new BufferPool({ largeLimit: 2, smallLimit: 2 });
    await using server = await serve(pool);
    const stalled = Array.from({ length: 6 }, () => connect({ host: '127.0.0.1', port: server.port }));
    for (const socket of stalled)
      socket
        .on('error', () => undefined)
        .pause()
        .write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(() => server.outcomes.length).toBe(6);
    expect((await get(server.port)).equals(bytes)).toBe(true);
    for (const socket of stalled) socket.destroy();
    const outcomes = await Promise.all(server.outcomes);
    expect(outcomes.slice(0, 6).every((outcome) => outcome !== 'sent')).toBe(true);
    expect(outcomes[0]).toMatchObject({ code: 'ECANCELED' });
    await expect.poll(() => pool.lentBytes).toBe(0);
  });

  it('gives buffers back when reading fails', async () => {
    const pool = new BufferPool();
    const read = (): void => {
      throw new Error('bad sector');
    };
    const target = new PassThrough();
    await expect(sendBytes({ read, span, target, pool, clock: systemClock })).rejects.toThrow('bad sector');
    expect(pool.lentBytes).toBe(0);
    expect(target.listenerCount('close')).toBe(new PassThrough().listenerCount('close'));
  });
});

describe('BufferPool', () => {
  it('take() lends large, then small, then a little, and never refuses', () => {
    const pool = new BufferPool({ largeBytes: 1000, largeLimit: 1, smallBytes: 100, smallLimit: 2 });
    const sizes = [1, 2, 3, 4].map(() => pool.take(100_000).length);
    expect(sizes).toEqual([1000, 100, 100, 16 * 1024]);
    expect(pool.lentBytes).toBe(1200);
  });

  it('take() reuses what was given, never what was dropped', () => {
    const pool = new BufferPool();
    const first = pool.take(1_000_000);
    pool.give(first);
    const second = pool.take(1_000_000);
    expect(second).toBe(first);
    pool.drop(second);
    expect(pool.take(1_000_000)).not.toBe(first);
    expect(pool.take(10).length).toBe(64 * 1024);
  });
});
