import { PassThrough, Readable, Writable } from 'node:stream';
import { buffer as collect } from 'node:stream/consumers';
import { type Digest, parseDigest } from '@slipway/oci';
import { digestBytes } from '@slipway/oci/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AppendOptions, BlobStore, OpenBlob } from './blob-store.ts';

/** One storage under test. */
export interface OpenedBlobStore {
  readonly store: BlobStore;
  /** Opens another store over the same bytes, as a restart does; absent when nothing survives the process. */
  readonly reopen?: () => Promise<BlobStore>;
  readonly dispose: () => Promise<void>;
}

const MIB = 1024 * 1024;
const ABSENT = parseDigest(`sha256:${'0'.repeat(64)}`);

/** What every blob store promises. `open` gives an empty one each time. */
export function describeBlobStore(name: string, open: () => Promise<OpenedBlobStore>): void {
  describe(`${name} blob store`, () => {
    let opened: OpenedBlobStore;
    let store: BlobStore;

    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });
    afterEach(async () => {
      await store.close();
      await opened.dispose();
    });

    const push = async (bytes: Buffer, id = 'push', algorithm: 'sha256' | 'sha512' = 'sha256'): Promise<Digest> => {
      const digest = digestBytes(bytes, algorithm);
      await store.createUpload(id);
      await store.append(id, chunked(bytes), { algorithm });
      await store.commit(id, digest);
      return digest;
    };
    const append = (id: string, bytes: Buffer, options?: AppendOptions) => store.append(id, chunked(bytes), options);

    describe('uploads', () => {
      it('commit() makes the appended bytes the blob', async () => {
        const bytes = pattern(3 * MIB + 17);
        const digest = digestBytes(bytes);
        await store.createUpload('a');
        expect(await append('a', bytes)).toMatchObject({ sizeBytes: bytes.length });
        expect(await store.stat(digest)).toBeUndefined();
        expect(await store.commit('a', digest)).toEqual({ sizeBytes: bytes.length });
        expect((await store.stat(digest))?.sizeBytes).toBe(bytes.length);
        expect(await store.statUpload('a')).toBeUndefined();
        expect((await contentOf(store, digest)).equals(bytes)).toBe(true);
      });

      it('commit() takes an upload without bytes', async () => {
        const digest = digestBytes('');
        await store.createUpload('a');
        expect(await store.commit('a', digest)).toEqual({ sizeBytes: 0 });
        expect(await store.stat(digest)).toMatchObject({ sizeBytes: 0 });
        expect(await contentOf(store, digest)).toHaveLength(0);
      });

      it('append() takes an empty source, and one that has ended already', async () => {
        await store.createUpload('a');
        expect(await store.append('a', Readable.from([]), { length: 0 })).toMatchObject({ sizeBytes: 0 });
        const ended = Readable.from([]);
        await collect(ended);
        expect(await store.append('a', ended)).toMatchObject({ sizeBytes: 0 });
      });

      it('append() goes on where the last one ended', async () => {
        const bytes = pattern(MIB);
        await store.createUpload('a');
        await append('a', bytes.subarray(0, 1000), { offset: 0 });
        expect(await append('a', bytes.subarray(1000, 400_000), { offset: 1000, length: 399_000 })).toMatchObject({ sizeBytes: 400_000 });
        await append('a', bytes.subarray(400_000));
        await store.commit('a', digestBytes(bytes));
        expect((await contentOf(store, digestBytes(bytes))).equals(bytes)).toBe(true);
      });

      it('commit() verifies sha512, whether announced with the bytes or not', async () => {
        const bytes = pattern(100_000);
        const digest = await push(bytes, 'a', 'sha512');
        expect((await contentOf(store, digest)).equals(bytes)).toBe(true);
        const other = pattern(70_000, 5);
        await store.createUpload('b');
        await append('b', other);
        await store.commit('b', digestBytes(other, 'sha512'));
        expect(await store.stat(digestBytes(other, 'sha512'))).toMatchObject({ sizeBytes: other.length });
      });

      it('commit() discards the upload when the digest is another', async () => {
        const bytes = pattern(5000);
        await store.createUpload('a');
        await append('a', bytes);
        await expect(store.commit('a', ABSENT)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH', details: { actual: digestBytes(bytes) } });
        expect(await store.statUpload('a')).toBeUndefined();
        expect(await store.stat(ABSENT)).toBeUndefined();
        expect(await store.stat(digestBytes(bytes))).toBeUndefined();
      });

      it('commit() replaces a blob that is there', async () => {
        const bytes = pattern(5000);
        await push(bytes, 'a');
        const digest = await push(bytes, 'b');
        expect((await contentOf(store, digest)).equals(bytes)).toBe(true);
      });

      it('append() at another offset fails and writes nothing', async () => {
        await store.createUpload('a');
        await append('a', pattern(100));
        for (const offset of [0, 99, 101]) {
          await expect(append('a', pattern(10), { offset })).rejects.toMatchObject({
            code: 'OFFSET_MISMATCH',
            details: { sizeBytes: 100 },
          });
        }
        expect(await store.statUpload('a')).toMatchObject({ sizeBytes: 100 });
        await store.commit('a', digestBytes(pattern(100)));
      });

      it('append() keeps what came of a source that is too short', async () => {
        const bytes = pattern(900);
        await store.createUpload('a');
        await expect(append('a', bytes, { length: 1000 })).rejects.toMatchObject({ code: 'LENGTH_MISMATCH' });
        expect(await store.statUpload('a')).toMatchObject({ sizeBytes: 900 });
        await store.commit('a', digestBytes(bytes));
      });

      it('append() keeps no more than was announced of a source that is too long', async () => {
        const bytes = pattern(200_000);
        await store.createUpload('a');
        await expect(append('a', bytes, { length: 100_001 })).rejects.toMatchObject({ code: 'LENGTH_MISMATCH' });
        expect(await store.statUpload('a')).toMatchObject({ sizeBytes: 100_001 });
        await store.commit('a', digestBytes(bytes.subarray(0, 100_001)));
      });

      it('append() keeps the bytes of a source that breaks, and rethrows its error', async () => {
        const bytes = pattern(2 * MIB);
        await store.createUpload('a');
        await expect(store.append('a', breaking(bytes.subarray(0, 1_500_000)))).rejects.toThrow('line cut');
        expect(await store.statUpload('a')).toMatchObject({ sizeBytes: 1_500_000 });
        await append('a', bytes.subarray(1_500_000), { offset: 1_500_000 });
        await store.commit('a', digestBytes(bytes));
        expect((await contentOf(store, digestBytes(bytes))).equals(bytes)).toBe(true);
      });

      it('append() rejects when the source closes without an error', async () => {
        const source = new PassThrough();
        source.write('abc');
        await store.createUpload('a');
        const appending = store.append('a', source);
        setImmediate(() => source.destroy());
        await expect(appending).rejects.toMatchObject({ code: 'ECANCELED' });
        const gone = new PassThrough();
        gone.destroy();
        await expect(store.append('a', gone)).rejects.toMatchObject({ code: 'ECANCELED' });
      });

      it('append() stops at the signal with its reason, keeping what came', async () => {
        const controller = new AbortController();
        const source = new PassThrough();
        await store.createUpload('a');
        source.write('abc');
        const appending = store.append('a', source, { signal: controller.signal });
        setImmediate(() => setImmediate(() => controller.abort(new Error('enough'))));
        await expect(appending).rejects.toThrow('enough');
        expect(await store.statUpload('a')).toMatchObject({ sizeBytes: 3 });
        await expect(append('a', pattern(1), { signal: controller.signal })).rejects.toThrow('enough');
      });

      it('append() of one upload waits for the one before it', async () => {
        const first = new PassThrough();
        const second = Readable.from([Buffer.from('second')]);
        await store.createUpload('a');
        const appending = [store.append('a', first), store.append('a', second)];
        first.write('first ');
        setImmediate(() => first.end('more '));
        await Promise.all(appending);
        await store.commit('a', digestBytes('first more second'));
      });

      it('append() waiting for its turn survives the breaking of its source', async () => {
        const first = new PassThrough();
        const second = new PassThrough();
        await store.createUpload('a');
        const appending = store.append('a', first);
        const waiting = store.append('a', second);
        second.destroy(new Error('line cut'));
        setImmediate(() => first.end('abc'));
        expect(await appending).toMatchObject({ sizeBytes: 3 });
        await expect(waiting).rejects.toThrow('line cut');
      });

      it('append() and commit() at once leave either the blob or the upload', async () => {
        const bytes = pattern(300_000);
        await store.createUpload('a');
        await append('a', bytes);
        const [committed, appended] = await Promise.allSettled([store.commit('a', digestBytes(bytes)), append('a', pattern(10))]);
        expect(committed.status).toBe('fulfilled');
        expect(appended).toMatchObject({ status: 'rejected', reason: { code: 'UPLOAD_UNKNOWN' } });
      });

      it('commit() twice at once succeeds once', async () => {
        const bytes = pattern(1000);
        await store.createUpload('a');
        await append('a', bytes);
        const outcomes = await Promise.allSettled([1, 2].map(() => store.commit('a', digestBytes(bytes))));
        expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
      });

      it('cancelUpload() tells whether there was one', async () => {
        await store.createUpload('a');
        await append('a', pattern(10));
        expect(await store.cancelUpload('a')).toBe(true);
        expect(await store.cancelUpload('a')).toBe(false);
        expect(await store.statUpload('a')).toBeUndefined();
      });

      it('cancelUpload() breaks off the append under way and the one that waits', async () => {
        const stalled = new PassThrough();
        await store.createUpload('a');
        stalled.write('abc');
        const appending = Promise.allSettled([store.append('a', stalled), append('a', pattern(10))]);
        expect(await store.cancelUpload('a')).toBe(true);
        for (const outcome of await appending) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'UPLOAD_UNKNOWN' } });
        expect(await store.statUpload('a')).toBeUndefined();
      });

      it('rejects uploads that are not there, and ids that cannot be', async () => {
        for (const id of ['none', '../blobs', 'a/b', '', '.', 'x'.repeat(129), 'a\0b']) {
          await expect(append(id, pattern(1))).rejects.toMatchObject({ code: 'UPLOAD_UNKNOWN' });
          await expect(store.commit(id, ABSENT)).rejects.toMatchObject({ code: 'UPLOAD_UNKNOWN' });
          expect(await store.statUpload(id)).toBeUndefined();
          expect(await store.cancelUpload(id)).toBe(false);
          if (id !== 'none') await expect(store.createUpload(id)).rejects.toMatchObject({ code: 'UPLOAD_INVALID' });
        }
      });

      it('createUpload() refuses an id in use', async () => {
        await store.createUpload('a');
        await expect(store.createUpload('a')).rejects.toMatchObject({ code: 'UPLOAD_EXISTS' });
      });

      it('walkUploads() yields each upload with its size', async () => {
        await store.createUpload('a');
        await store.createUpload('b');
        await append('b', pattern(77));
        const found = await listOf(store.walkUploads());
        expect(found.map(({ id, sizeBytes }) => [id, sizeBytes]).sort()).toEqual([
          ['a', 0],
          ['b', 77],
        ]);
      });

      it('close() breaks off an append and keeps its bytes', async () => {
        const stalled = new PassThrough();
        await store.createUpload('a');
        stalled.write('abc');
        const appending = Promise.allSettled([store.append('a', stalled)]);
        await new Promise(setImmediate);
        await store.close();
        expect(await appending).toMatchObject([{ status: 'rejected', reason: { code: 'ECANCELED' } }]);
        expect(await store.statUpload('a')).toMatchObject({ sizeBytes: 3 });
      });

      it('append() goes on after the store was opened again', async ({ skip }) => {
        if (opened.reopen === undefined) return skip('nothing survives the process here');
        const bytes = pattern(500_000);
        await store.createUpload('a');
        await append('a', bytes.subarray(0, 300_000));
        await store.close();
        store = await opened.reopen();
        expect(await store.statUpload('a')).toMatchObject({ sizeBytes: 300_000 });
        await append('a', bytes.subarray(300_000), { offset: 300_000 });
        await store.commit('a', digestBytes(bytes));
        expect((await contentOf(store, digestBytes(bytes))).equals(bytes)).toBe(true);
      });
    });

    describe('blobs', () => {
      it('stat(), open(), delete() of what is not there', async () => {
        expect(await store.stat(ABSENT)).toBeUndefined();
        expect(await store.open(ABSENT)).toBeUndefined();
        expect(await store.delete(ABSENT)).toBe(0);
        await expect(store.quarantine(ABSENT)).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' });
      });

      it('sendTo() writes any range exactly, and does not end the target', async () => {
        const bytes = pattern(2 * MIB + 333);
        const digest = await push(bytes);
        const last = bytes.length - 1;
        for (const [start, end] of [
          [0, 0],
          [0, last],
          [last, last],
          [5, 65_540],
          [65_536, 131_071],
          [1000, 132_072],
          [MIB, last + 999],
        ] as const) {
          await using blob = await openBlob(store, digest);
          const target = new Collector();
          await blob.sendTo(target, { range: { start, end } });
          expect(target.bytes().equals(bytes.subarray(start, end + 1)), `${start}-${end}`).toBe(true);
          expect(target.writableEnded).toBe(false);
          expect((await collect(blob.stream({ start, end }))).equals(bytes.subarray(start, end + 1))).toBe(true);
        }
      });

      it('sendTo() and stream() refuse a range outside of the blob', async () => {
        await using blob = await openBlob(store, await push(pattern(10)));
        for (const [start, end] of [
          [10, 10],
          [-1, 3],
          [5, 4],
          [0.5, 2],
        ] as const) {
          await expect(blob.sendTo(new Collector(), { range: { start, end } })).rejects.toMatchObject({ code: 'RANGE_INVALID' });
          expect(() => blob.stream({ start, end })).toThrow('Cannot read bytes');
        }
      });

      it('sendTo() survives that the target keeps its chunks', async () => {
        const bytes = pattern(4 * MIB);
        await using blob = await openBlob(store, await push(bytes));
        const target = new PassThrough({ highWaterMark: 8 * MIB });
        await blob.sendTo(target);
        target.end();
        expect((await collect(target)).equals(bytes)).toBe(true);
      });

      it('sendTo() rejects when the target closes, fails, or is closed already', async () => {
        await using blob = await openBlob(store, await push(pattern(4 * MIB)));
        const stuck = new Writable({ write: () => undefined });
        const sending = blob.sendTo(stuck);
        setImmediate(() => stuck.destroy());
        await expect(sending).rejects.toMatchObject({ code: 'ECANCELED', kind: 'cancelled' });
        await expect(blob.sendTo(stuck)).rejects.toMatchObject({ code: 'ECANCELED' });
        const failing = new Writable({ write: (_chunk, _encoding, callback) => callback(new Error('no more')) });
        failing.on('error', () => undefined);
        await expect(blob.sendTo(failing)).rejects.toThrow('no more');
      });

      it('sendTo() stops at the signal with its reason', async () => {
        await using blob = await openBlob(store, await push(pattern(4 * MIB)));
        const controller = new AbortController();
        const stuck = new Writable({ write: () => undefined });
        const sending = blob.sendTo(stuck, { signal: controller.signal });
        setImmediate(() => controller.abort(new Error('enough')));
        await expect(sending).rejects.toThrow('enough');
        await expect(blob.sendTo(new Collector(), { signal: controller.signal })).rejects.toThrow('enough');
        expect(stuck.destroyed).toBe(false);
        expect(stuck.listenerCount('error')).toBe(0);
      });

      it('sendTo() and stream() after disposal reject', async () => {
        const blob = await openBlob(store, await push(pattern(10)));
        const stream = blob.stream();
        await blob[Symbol.asyncDispose]();
        await expect(blob.sendTo(new Collector())).rejects.toMatchObject({ code: 'ECANCELED' });
        await expect(collect(stream)).rejects.toMatchObject({ code: 'ECANCELED' });
      });

      it('stream() can be destroyed midway, and the blob read again', async () => {
        const bytes = pattern(2 * MIB);
        await using blob = await openBlob(store, await push(bytes));
        for await (const chunk of blob.stream()) {
          expect(chunk.length).toBeGreaterThan(0);
          break;
        }
        expect((await collect(blob.stream())).equals(bytes)).toBe(true);
      });

      it('an open blob stays readable when it is deleted, replaced or set aside', async () => {
        const bytes = pattern(MIB);
        const digest = await push(bytes, 'a');
        await using first = await openBlob(store, digest);
        await push(bytes, 'b');
        await using second = await openBlob(store, digest);
        expect(await store.delete(digest)).toBe(bytes.length);
        await push(bytes, 'c');
        await using third = await openBlob(store, digest);
        await store.quarantine(digest);
        expect(await store.stat(digest)).toBeUndefined();
        for (const blob of [first, second, third]) expect((await collect(blob.stream())).equals(bytes)).toBe(true);
      });

      it('quarantine() makes room for the same digest', async () => {
        const bytes = pattern(1234);
        const digest = await push(bytes, 'a');
        await store.quarantine(digest);
        expect(await store.open(digest)).toBeUndefined();
        await push(bytes, 'b');
        expect((await contentOf(store, digest)).equals(bytes)).toBe(true);
      });

      it('commit() racing delete() leaves the whole blob or none', async () => {
        const bytes = pattern(50_000);
        const digest = digestBytes(bytes);
        for (let round = 0; round < 20; round += 1) {
          const [, freed] = await Promise.all([push(bytes, `r${round}`), store.delete(digest)]);
          expect([0, bytes.length]).toContain(freed);
          const blob = await store.open(digest);
          if (blob === undefined) continue;
          expect((await collect(blob.stream())).equals(bytes)).toBe(true);
          await blob[Symbol.asyncDispose]();
        }
      });

      it('commit() of one digest by many uploads at once', async () => {
        const bytes = pattern(200_000);
        await Promise.all(Array.from({ length: 10 }, (_, index) => push(bytes, `u${index}`)));
        expect((await contentOf(store, digestBytes(bytes))).equals(bytes)).toBe(true);
        expect(await listOf(store.walk())).toHaveLength(1);
      });

      it('walk() yields every blob and stops at the signal', async () => {
        const digests = [];
        for (let index = 0; index < 5; index += 1) digests.push(await push(pattern(100 + index), `u${index}`));
        digests.push(await push(pattern(9), 'other', 'sha512'));
        const found = await listOf(store.walk());
        expect(found.map(({ digest }) => digest).sort()).toEqual(digests.sort());
        expect(found.map(({ sizeBytes }) => sizeBytes).sort((a, b) => a - b)).toEqual([9, 100, 101, 102, 103, 104]);
        await expect(listOf(store.walk({ signal: AbortSignal.abort(new Error('enough')) }))).rejects.toThrow('enough');
      });

      it('walk() tolerates that what it meets goes away', async () => {
        for (let index = 0; index < 5; index += 1) await push(pattern(100 + index), `u${index}`);
        for await (const { digest } of store.walk()) await store.delete(digest);
        expect(await listOf(store.walk())).toEqual([]);
      });
    });

    it('checkWritable() resolves, also many at once', async () => {
      await Promise.all([store.checkWritable(), store.checkWritable(), store.checkWritable()]);
      expect(await listOf(store.walkUploads())).toEqual([]);
    });
  });
}

/** Bytes that differ at every place a block could start, so that a chunk out of order shows. */
function pattern(sizeBytes: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  let state = seed;
  for (let index = 0; index < sizeBytes; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    bytes[index] = state >>> 16;
  }
  return bytes;
}

function chunked(bytes: Buffer, chunkBytes = 64 * 1024): Readable {
  const chunks: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += chunkBytes) chunks.push(bytes.subarray(start, start + chunkBytes));
  return Readable.from(chunks);
}

function breaking(bytes: Buffer): Readable {
  return Readable.from(
    (async function* () {
      yield* chunked(bytes);
      throw new Error('line cut');
    })(),
  );
}

async function openBlob(store: BlobStore, digest: Digest): Promise<OpenBlob> {
  const blob = await store.open(digest);
  if (blob === undefined) throw new Error(`${digest} is not there`);
  return blob;
}

async function contentOf(store: BlobStore, digest: Digest): Promise<Buffer> {
  await using blob = await openBlob(store, digest);
  return await collect(blob.stream());
}

/** Keeps what it is given without copying, and calls back at once. */
class Collector extends Writable {
  readonly #chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#chunks.push(chunk);
    callback();
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
