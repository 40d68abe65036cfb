import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer as collect } from 'node:stream/consumers';
import type { Clock } from '@slipway/base';
import { systemClock } from '@slipway/base/node';
import { type Digest, hexOf } from '@slipway/oci';
import { digestBytes } from '@slipway/oci/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BlobStore, OpenBlob } from '../blob-store.ts';
import { createFsBlobStore } from './fs-blob-store.ts';

const isRoot = process.getuid?.() === 0 && process.platform === 'linux';
const clock: Clock = { ...systemClock, now: () => 1_700_000_000_123 };

let root: string;
let store: BlobStore;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'slipway-blobs-'));
  store = await createFsBlobStore({ root: join(root, 'deep', 'data'), clock });
});
afterEach(async () => {
  await store.close();
  rmSync(root, { recursive: true });
});

const inData = (path: string): string => join(root, 'deep', 'data', path);

async function push(into: BlobStore, bytes: Buffer): Promise<Digest> {
  const digest = digestBytes(bytes);
  await into.createUpload('push');
  await into.append('push', Readable.from([bytes]));
  await into.commit('push', digest);
  return digest;
}

async function openBlob(digest: Digest): Promise<OpenBlob> {
  const blob = await store.open(digest);
  if (blob === undefined) throw new Error(`${digest} is not there`);
  return blob;
}

function blobPath(digest: Digest): string {
  return inData(`blobs/sha256/${hexOf(digest).slice(0, 2)}/${hexOf(digest)}`);
}

describe('createFsBlobStore()', () => {
  it('makes the whole layout ahead', () => {
    expect(readdirSync(inData('')).sort()).toEqual(['blobs', 'quarantine', 'uploads']);
    for (const algorithm of ['sha256', 'sha512']) expect(readdirSync(inData(`blobs/${algorithm}`))).toHaveLength(256);
  });

  it('repairs a layout that lost folders', async () => {
    rmSync(inData('blobs/sha256/a7'), { recursive: true });
    rmSync(inData('uploads'), { recursive: true });
    await createFsBlobStore({ root: inData(''), clock });
    expect(readdirSync(inData('blobs/sha256'))).toHaveLength(256);
  });

  it('fails with a storage error where it cannot write', async () => {
    await expect(createFsBlobStore({ root: '/proc/slipway', clock })).rejects.toMatchObject({ code: /^STORAGE_/ });
  });
});

describe('FsBlobStore', () => {
  it('commit() puts the file where the layout says, and dates it with the clock', async () => {
    const digest = await push(store, Buffer.from('hello'));
    expect(readdirSync(inData(`blobs/sha256/${hexOf(digest).slice(0, 2)}`))).toEqual([hexOf(digest)]);
    expect(readdirSync(inData('uploads'))).toEqual([]);
    expect(await store.stat(digest)).toEqual({ sizeBytes: 5, storedAtMs: 1_700_000_000_123 });
  });

  it('statUpload() dates an upload with the clock', async () => {
    await store.createUpload('a');
    expect(await store.statUpload('a')).toEqual({ sizeBytes: 0, updatedAtMs: 1_700_000_000_123 });
    await store.append('a', Readable.from(['abc']));
    expect(await store.statUpload('a')).toEqual({ sizeBytes: 3, updatedAtMs: 1_700_000_000_123 });
  });

  it('commit() reads the file again when its digest was lost', async () => {
    await store.createUpload('a');
    await store.append('a', Readable.from(['abc']));
    writeFileSync(inData('uploads/a'), 'abcdef');
    await store.commit('a', digestBytes('abcdef'));
    expect(await store.stat(digestBytes('abcdef'))).toMatchObject({ sizeBytes: 6 });
  });

  it('quarantine() keeps the bytes aside', async () => {
    const digest = await push(store, Buffer.from('hello'));
    await store.quarantine(digest);
    expect(readdirSync(inData('quarantine'))).toEqual([`sha256-${hexOf(digest)}-1700000000123`]);
  });

  it('walk() skips names that are no digest, and digests in the wrong place', async () => {
    const digest = await push(store, Buffer.from('hello'));
    writeFileSync(inData('blobs/sha256/00/README'), 'x');
    writeFileSync(inData(`blobs/sha256/00/${'f'.repeat(64)}`), 'x');
    expect((await listOf(store.walk())).map((blob) => blob.digest)).toEqual([digest]);
  });

  it('walkUploads() skips what is no upload', async () => {
    writeFileSync(inData('uploads/.probe'), 'x');
    expect(await listOf(store.walkUploads())).toEqual([]);
    await store.checkWritable();
    expect(readdirSync(inData('uploads'))).toEqual([]);
  });

  for (const sizeBytes of [1000, 300_000, 3_000_000]) {
    it(`sendTo() and stream() report a file of ${sizeBytes} bytes that was cut off`, async () => {
      const digest = await push(store, Buffer.alloc(sizeBytes, 1));
      await using blob = await openBlob(digest);
      truncateSync(blobPath(digest), sizeBytes / 2);
      const failure = { code: 'STORAGE_FAILED', kind: 'data-loss' };
      await expect(blob.sendTo(new PassThrough().resume())).rejects.toMatchObject(failure);
      await expect(collect(blob.stream())).rejects.toMatchObject(failure);
    });
  }

  it('releases the descriptor once the last transfer ended', async () => {
    const blob = await openBlob(await push(store, Buffer.alloc(1_000_000, 1)));
    const open = lowestFreeDescriptor();
    const target = new PassThrough();
    const sending = blob.sendTo(target);
    await blob[Symbol.asyncDispose]();
    expect(lowestFreeDescriptor()).toBe(open);
    target.resume();
    await sending;
    expect(lowestFreeDescriptor()).toBeLessThan(open);
  });

  it('append() holds a bounded part of what many stalled uploads sent', async () => {
    const stalled = Array.from({ length: 80 }, () => new PassThrough({ highWaterMark: 1 << 20 }));
    const appending = Promise.allSettled(
      stalled.map(async (source, index) => {
        await store.createUpload(`u${index}`);
        return await store.append(`u${index}`, source);
      }),
    );
    for (const source of stalled) source.write(Buffer.alloc(900_000, 1));
    const written = async (): Promise<number> => {
      const uploads = await listOf(store.walkUploads());
      return uploads.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    };
    // 72 MB came and nobody says that more will; what is above the budget of 48 MiB must be on its way to the disk.
    await expect.poll(written).toBeGreaterThanOrEqual(72_000_000 - 48 * 1024 * 1024);
    for (const source of stalled) source.destroy();
    await appending;
    expect(await written()).toBe(72_000_000);
  });
});

describe.skipIf(!isRoot)('FsBlobStore on a small disk (needs root to mount a tmpfs)', () => {
  const withMount = async (options: string, use: (small: BlobStore, path: string) => Promise<void>): Promise<void> => {
    const path = mkdtempSync(join(root, 'mount-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]);
    const small = await createFsBlobStore({ root: path, clock });
    try {
      await use(small, path);
    } finally {
      await small.close();
      execFileSync('umount', [path]);
    }
  };

  it('append() to a full disk fails with STORAGE_FULL and keeps the good bytes', async () => {
    await withMount('size=4m', async (small, path) => {
      await small.createUpload('a');
      const first = Buffer.alloc(500_000, 1);
      await small.append('a', Readable.from([first]));
      const tooMuch = Readable.from(Array.from({ length: 80 }, () => Buffer.alloc(100_000, 2)));
      await expect(small.append('a', tooMuch)).rejects.toMatchObject({ code: 'STORAGE_FULL', kind: 'unavailable' });
      const sizeBytes = (await small.statUpload('a'))?.sizeBytes ?? 0;
      expect(sizeBytes % 100_000).toBe(0);
      expect(sizeBytes).toBeGreaterThanOrEqual(500_000);
      const good = Buffer.concat([first, Buffer.alloc(sizeBytes - 500_000, 2)]);
      await small.commit('a', digestBytes(good));
      expect(await small.stat(digestBytes(good))).toMatchObject({ sizeBytes });
      writeFillUp(join(path, 'filler'));
      await expect(small.checkWritable()).rejects.toMatchObject({ code: 'STORAGE_FULL' });
      rmSync(join(path, 'filler'));
      await small.checkWritable();
    });
  });

  it('a read-only disk gives STORAGE_READ_ONLY, and reads go on', async () => {
    await withMount('size=8m', async (small, path) => {
      const digest = await push(small, Buffer.from('hello'));
      await small.createUpload('a');
      execFileSync('mount', ['-o', 'remount,ro', path]);
      const refused = { code: 'STORAGE_READ_ONLY', kind: 'unavailable' };
      await expect(small.createUpload('b')).rejects.toMatchObject(refused);
      await expect(small.append('a', Readable.from(['x']))).rejects.toMatchObject(refused);
      await expect(small.commit('a', digestBytes(''))).rejects.toMatchObject(refused);
      await expect(small.delete(digest)).rejects.toMatchObject(refused);
      await expect(small.quarantine(digest)).rejects.toMatchObject(refused);
      await expect(small.checkWritable()).rejects.toMatchObject(refused);
      await using blob = await small.open(digest);
      expect(blob && (await collect(blob.stream())).toString()).toBe('hello');
      execFileSync('mount', ['-o', 'remount,rw', path]);
      await small.commit('a', digestBytes(''));
    });
  });
});

/** Takes every byte that is left. */
function writeFillUp(path: string): void {
  expect(() => writeFileSync(path, Buffer.alloc(8_000_000, 3))).toThrow('ENOSPC');
}

function lowestFreeDescriptor(): number {
  const fd = openSync('/dev/null', 'r');
  closeSync(fd);
  return fd;
}

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('uploads that a thread hashes', () => {
  const sizeBytes = 5 * 1024 * 1024 + 7;
  const bytes = Buffer.alloc(sizeBytes, 'a pattern of some length');

  async function openWith(worker: string): Promise<BlobStore> {
    const hashWorker = new URL(`../testing/${worker}`, import.meta.url);
    return await createFsBlobStore({ root: join(root, 'deep', 'data'), clock, hashWorker });
  }

  /** Sends the bytes as the body of a real request, whose memory the store gives back while it receives. */
  async function uploadOverHttp(into: BlobStore): Promise<Digest> {
    const digest = digestBytes(bytes);
    const received = Promise.withResolvers<void>();
    const server = createServer((request, response) => {
      void (async () => {
        await into.createUpload('http');
        await into.append('http', request);
        await into.commit('http', digest);
        response.end();
      })().then(received.resolve, received.reject);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const request = httpRequest({ port: typeof address === 'object' ? address?.port : 0, method: 'PUT', agent: false });
    request.on('response', (response) => response.resume());
    request.end(bytes);
    await received.promise;
    server.close();
    return digest;
  }

  it.each(['hash-worker.ts', 'dying-hash-worker.ts'])('are whole and verified (%s)', async (worker) => {
    const threaded = await openWith(worker);
    const digest = await uploadOverHttp(threaded);
    expect(await collect((await openBlob(digest)).stream())).toEqual(bytes);
    await threaded.close();
  });

  it('are refused when the bytes are not those of the digest', async () => {
    const threaded = await openWith('hash-worker.ts');
    await threaded.createUpload('wrong');
    await threaded.append('wrong', Readable.from([bytes]));
    const declared = digestBytes('something else');
    await expect(threaded.commit('wrong', declared)).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      details: { actual: digestBytes(bytes) },
    });
    await threaded.close();
  });

  it('leave chunks alone that somebody else may look at', async () => {
    const threaded = await openWith('hash-worker.ts');
    const chunk = Buffer.from(new Uint8Array(2 * 1024 * 1024).fill(7).buffer);
    const digest = await push(threaded, chunk);
    expect(digestBytes(chunk)).toBe(digest);
    await threaded.close();
  });
});
