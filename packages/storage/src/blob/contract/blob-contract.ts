import { PassThrough, Writable } from 'node:stream';
import { buffer as collect } from 'node:stream/consumers';
import { digestBytes } from '@slipway/oci/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BlobStore } from '../blob-store.ts';
import { ABSENT, Collector, contentOf, listOf, MIB, type OpenedBlobStore, openBlob, pattern, push } from './fixtures.ts';

export function describeBlobs(open: () => Promise<OpenedBlobStore>): void {
  describe('blobs', () => {
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

    it('stat(), open(), delete() of what is not there', async () => {
      expect(await store.stat(ABSENT)).toBeUndefined();
      expect(await store.open(ABSENT)).toBeUndefined();
      expect(await store.delete(ABSENT)).toBe(0);
      await expect(store.quarantine(ABSENT)).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' });
    });

    it('sendTo() writes any range exactly, and does not end the target', async () => {
      const bytes = pattern(2 * MIB + 333);
      const digest = await push(store, bytes);
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
      await using blob = await openBlob(store, await push(store, pattern(10)));
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
      await using blob = await openBlob(store, await push(store, bytes));
      const target = new PassThrough({ highWaterMark: 8 * MIB });
      await blob.sendTo(target);
      target.end();
      expect((await collect(target)).equals(bytes)).toBe(true);
    });

    it('sendTo() rejects when the target closes, fails, or is closed already', async () => {
      await using blob = await openBlob(store, await push(store, pattern(4 * MIB)));
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
      await using blob = await openBlob(store, await push(store, pattern(4 * MIB)));
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
      const blob = await openBlob(store, await push(store, pattern(10)));
      const stream = blob.stream();
      await blob[Symbol.asyncDispose]();
      await expect(blob.sendTo(new Collector())).rejects.toMatchObject({ code: 'ECANCELED' });
      await expect(collect(stream)).rejects.toMatchObject({ code: 'ECANCELED' });
    });

    it('stream() can be destroyed midway, and the blob read again', async () => {
      const bytes = pattern(2 * MIB);
      await using blob = await openBlob(store, await push(store, bytes));
      for await (const chunk of blob.stream()) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
      expect((await collect(blob.stream())).equals(bytes)).toBe(true);
    });

    it('an open blob stays readable when it is deleted, replaced or set aside', async () => {
      const bytes = pattern(MIB);
      const digest = await push(store, bytes, 'a');
      await using first = await openBlob(store, digest);
      await push(store, bytes, 'b');
      await using second = await openBlob(store, digest);
      expect(await store.delete(digest)).toBe(bytes.length);
      await push(store, bytes, 'c');
      await using third = await openBlob(store, digest);
      await store.quarantine(digest);
      expect(await store.stat(digest)).toBeUndefined();
      for (const blob of [first, second, third]) expect((await collect(blob.stream())).equals(bytes)).toBe(true);
    });

    it('quarantine() makes room for the same digest', async () => {
      const bytes = pattern(1234);
      const digest = await push(store, bytes, 'a');
      await store.quarantine(digest);
      expect(await store.open(digest)).toBeUndefined();
      await push(store, bytes, 'b');
      expect((await contentOf(store, digest)).equals(bytes)).toBe(true);
    });

    it('commit() racing delete() leaves the whole blob or none', async () => {
      const bytes = pattern(50_000);
      const digest = digestBytes(bytes);
      for (let round = 0; round < 20; round += 1) {
        const [, freed] = await Promise.all([push(store, bytes, `r${round}`), store.delete(digest)]);
        expect([0, bytes.length]).toContain(freed);
        const blob = await store.open(digest);
        if (blob === undefined) continue;
        expect((await collect(blob.stream())).equals(bytes)).toBe(true);
        await blob[Symbol.asyncDispose]();
      }
    });

    it('commit() of one digest by many uploads at once', async () => {
      const bytes = pattern(200_000);
      await Promise.all(Array.from({ length: 10 }, (_, index) => push(store, bytes, `u${index}`)));
      expect((await contentOf(store, digestBytes(bytes))).equals(bytes)).toBe(true);
      expect(await listOf(store.walk())).toHaveLength(1);
    });

    it('walk() yields every blob and stops at the signal', async () => {
      const digests = [];
      for (let index = 0; index < 5; index += 1) digests.push(await push(store, pattern(100 + index), `u${index}`));
      digests.push(await push(store, pattern(9), 'other', 'sha512'));
      const found = await listOf(store.walk());
      expect(found.map(({ digest }) => digest).sort()).toEqual(digests.sort());
      expect(found.map(({ sizeBytes }) => sizeBytes).sort((a, b) => a - b)).toEqual([9, 100, 101, 102, 103, 104]);
      await expect(listOf(store.walk({ signal: AbortSignal.abort(new Error('enough')) }))).rejects.toThrow('enough');
    });

    it('walk() tolerates that what it meets goes away', async () => {
      for (let index = 0; index < 5; index += 1) await push(store, pattern(100 + index), `u${index}`);
      for await (const { digest } of store.walk()) await store.delete(digest);
      expect(await listOf(store.walk())).toEqual([]);
    });
  });
}
