import { PassThrough, Readable } from 'node:stream';
import { buffer as collect } from 'node:stream/consumers';
import { digestBytes } from '@slipway/oci/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BlobStore } from '../blob-store.ts';
import { ABSENT, append, breaking, contentOf, listOf, MIB, type OpenedBlobStore, pattern, push } from './fixtures.ts';

export function describeUploads(open: () => Promise<OpenedBlobStore>): void {
  describe('uploads', () => {
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

    it('commit() makes the appended bytes the blob', async () => {
      const bytes = pattern(3 * MIB + 17);
      const digest = digestBytes(bytes);
      await store.createUpload('a');
      expect(await append(store, 'a', bytes)).toMatchObject({ sizeBytes: bytes.length });
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
      await append(store, 'a', bytes.subarray(0, 1000), { offset: 0 });
      expect(await append(store, 'a', bytes.subarray(1000, 400_000), { offset: 1000, length: 399_000 })).toMatchObject({
        sizeBytes: 400_000,
      });
      await append(store, 'a', bytes.subarray(400_000));
      await store.commit('a', digestBytes(bytes));
      expect((await contentOf(store, digestBytes(bytes))).equals(bytes)).toBe(true);
    });

    it('commit() verifies sha512, whether announced with the bytes or not', async () => {
      const bytes = pattern(100_000);
      const digest = await push(store, bytes, 'a', 'sha512');
      expect((await contentOf(store, digest)).equals(bytes)).toBe(true);
      const other = pattern(70_000, 5);
      await store.createUpload('b');
      await append(store, 'b', other);
      await store.commit('b', digestBytes(other, 'sha512'));
      expect(await store.stat(digestBytes(other, 'sha512'))).toMatchObject({ sizeBytes: other.length });
    });

    it('commit() discards the upload when the digest is another', async () => {
      const bytes = pattern(5000);
      await store.createUpload('a');
      await append(store, 'a', bytes);
      await expect(store.commit('a', ABSENT)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH', details: { actual: digestBytes(bytes) } });
      expect(await store.statUpload('a')).toBeUndefined();
      expect(await store.stat(ABSENT)).toBeUndefined();
      expect(await store.stat(digestBytes(bytes))).toBeUndefined();
    });

    it('commit() replaces a blob that is there', async () => {
      const bytes = pattern(5000);
      await push(store, bytes, 'a');
      const digest = await push(store, bytes, 'b');
      expect((await contentOf(store, digest)).equals(bytes)).toBe(true);
    });

    it('append() at another offset fails and writes nothing', async () => {
      await store.createUpload('a');
      await append(store, 'a', pattern(100));
      for (const offset of [0, 99, 101]) {
        await expect(append(store, 'a', pattern(10), { offset })).rejects.toMatchObject({
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
      await expect(append(store, 'a', bytes, { length: 1000 })).rejects.toMatchObject({ code: 'LENGTH_MISMATCH' });
      expect(await store.statUpload('a')).toMatchObject({ sizeBytes: 900 });
      await store.commit('a', digestBytes(bytes));
    });

    it('append() keeps no more than was announced of a source that is too long', async () => {
      const bytes = pattern(200_000);
      await store.createUpload('a');
      await expect(append(store, 'a', bytes, { length: 100_001 })).rejects.toMatchObject({ code: 'LENGTH_MISMATCH' });
      expect(await store.statUpload('a')).toMatchObject({ sizeBytes: 100_001 });
      await store.commit('a', digestBytes(bytes.subarray(0, 100_001)));
    });

    it('append() keeps the bytes of a source that breaks, and rethrows its error', async () => {
      const bytes = pattern(2 * MIB);
      await store.createUpload('a');
      await expect(store.append('a', breaking(bytes.subarray(0, 1_500_000)))).rejects.toThrow('line cut');
      expect(await store.statUpload('a')).toMatchObject({ sizeBytes: 1_500_000 });
      await append(store, 'a', bytes.subarray(1_500_000), { offset: 1_500_000 });
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
      await expect(append(store, 'a', pattern(1), { signal: controller.signal })).rejects.toThrow('enough');
    });

    it('append() of one upload waits for the one before it', async () => {
      const first = new PassThrough();
      const second = Readable.from([Buffer.from('second')]);
      await store.createUpload('a');
      const appending = [store.append('a', first), store.append('a', second)];
      first.write('first ');
      setImmediate(() => first.end('more '));
      await Promise.all(appending);
      await expect(store.commit('a', digestBytes('first more second'))).resolves.toEqual({ sizeBytes: 17 });
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
      await append(store, 'a', bytes);
      const [committed, appended] = await Promise.allSettled([store.commit('a', digestBytes(bytes)), append(store, 'a', pattern(10))]);
      expect(committed.status).toBe('fulfilled');
      expect(appended).toMatchObject({ status: 'rejected', reason: { code: 'UPLOAD_UNKNOWN' } });
    });

    it('commit() twice at once succeeds once', async () => {
      const bytes = pattern(1000);
      await store.createUpload('a');
      await append(store, 'a', bytes);
      const outcomes = await Promise.allSettled([1, 2].map(() => store.commit('a', digestBytes(bytes))));
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    });

    it('cancelUpload() tells whether there was one', async () => {
      await store.createUpload('a');
      await append(store, 'a', pattern(10));
      expect(await store.cancelUpload('a')).toBe(true);
      expect(await store.cancelUpload('a')).toBe(false);
      expect(await store.statUpload('a')).toBeUndefined();
    });

    it('cancelUpload() breaks off the append under way and the one that waits', async () => {
      const stalled = new PassThrough();
      await store.createUpload('a');
      stalled.write('abc');
      const appending = Promise.allSettled([store.append('a', stalled), append(store, 'a', pattern(10))]);
      expect(await store.cancelUpload('a')).toBe(true);
      for (const outcome of await appending) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'UPLOAD_UNKNOWN' } });
      expect(await store.statUpload('a')).toBeUndefined();
    });

    it('rejects uploads that are not there, and ids that cannot be', async () => {
      for (const id of ['none', '../blobs', 'a/b', '', '.', 'x'.repeat(129), 'a\0b']) {
        await expect(append(store, id, pattern(1))).rejects.toMatchObject({ code: 'UPLOAD_UNKNOWN' });
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
      await append(store, 'b', pattern(77));
      const found = await listOf(store.walkUploads());
      expect(found.map(({ id, sizeBytes }) => [id, sizeBytes] as const).sort(([a], [b]) => a.localeCompare(b))).toEqual([
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
      await append(store, 'a', bytes.subarray(0, 300_000));
      await store.close();
      store = await opened.reopen();
      expect(await store.statUpload('a')).toMatchObject({ sizeBytes: 300_000 });
      await append(store, 'a', bytes.subarray(300_000), { offset: 300_000 });
      await store.commit('a', digestBytes(bytes));
      expect((await contentOf(store, digestBytes(bytes))).equals(bytes)).toBe(true);
    });
  });
}
