import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { digestBytes } from '../digester.ts';
import { compressLayer } from './compress-layer.ts';
import { CompressPool } from './compress-pool.ts';
import { inflate } from './inflate.ts';
import { collect, layerBytes, watched } from './testing/layer-bytes.ts';

const CHUNK_BYTES = { gzip: 512 * 1024, zstd: 4 * 1024 * 1024 };

describe.each(['gzip', 'zstd'] as const)('compressLayer(), %s', (kind) => {
  test('gives back every byte, at and around the borders of its chunks', async () => {
    const chunk = CHUNK_BYTES[kind];
    await using pool = new CompressPool(2);
    for (const sizeBytes of [0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk]) {
      const bytes = layerBytes(sizeBytes);
      const stream = compressLayer(watched(bytes, 100_000).source, { kind, pool });
      const packed = await collect(stream.content);
      expect((await collect(inflate(watched(packed).source, kind))).equals(bytes)).toBe(true);
      if (kind === 'gzip') expect(gunzipSync(packed).equals(bytes)).toBe(true);
      expect(stream.digests()).toEqual({
        compression: kind,
        digest: digestBytes(packed),
        sizeBytes: packed.length,
        diffId: digestBytes(bytes),
        diffSizeBytes: bytes.length,
      });
    }
  });

  test('gives the same bytes for any number of threads, pieces and repetitions, others for another level', async () => {
    const bytes = layerBytes(2 * CHUNK_BYTES[kind] + 123);
    const digestOf = async (options: { threads: number; pieceBytes: number; level?: number }) => {
      const level = options.level === undefined ? {} : { level: options.level };
      const stream = compressLayer(watched(bytes, options.pieceBytes).source, { kind, threads: options.threads, ...level });
      for await (const piece of stream.content) expect(piece.length).toBeGreaterThan(0);
      return stream.digests().digest;
    };
    const digest = await digestOf({ threads: 1, pieceBytes: 65_536 });
    expect(await digestOf({ threads: 3, pieceBytes: 65_536 })).toBe(digest);
    expect(await digestOf({ threads: 2, pieceBytes: 99_999 })).toBe(digest);
    expect(await digestOf({ threads: 2, pieceBytes: 99_999, level: 1 })).not.toBe(digest);
  });

  test('stops with the reason of its signal, with the error of its source, and with its taker', async () => {
    const bytes = layerBytes(3 * CHUNK_BYTES[kind]);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(collect(compressLayer(watched(bytes).source, { kind, signal }).content)).rejects.toThrow('enough');
    async function* failing() {
      yield bytes;
      throw new Error('the disk is gone');
    }
    await expect(collect(compressLayer(failing(), { kind, threads: 1 }).content)).rejects.toThrow('the disk is gone');
    const { source, state } = watched(bytes);
    const stream = compressLayer(source, { kind, threads: 1 });
    for await (const piece of stream.content) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    expect(() => stream.digests()).toThrow(TypeError);
    expect(state.isClosed || state.taken === 0).toBe(true);
  });

  test('fails when its pool is closed', async () => {
    const pool = new CompressPool(1);
    await pool[Symbol.asyncDispose]();
    const stream = compressLayer(watched(layerBytes(2 * CHUNK_BYTES[kind])).source, { kind, pool });
    await expect(collect(stream.content)).rejects.toMatchObject({ kind: 'cancelled', code: 'COMPRESSION_CANCELLED' });
  });

  test('holds a few chunks at most', async () => {
    const { source, state } = watched(layerBytes(8 * CHUNK_BYTES[kind]), CHUNK_BYTES[kind]);
    await using pool = new CompressPool(1);
    const content = compressLayer(source, { kind, pool }).content[Symbol.asyncIterator]();
    await content.next();
    await content.next();
    expect(state.taken).toBeLessThanOrEqual(5);
    await content.return?.();
  });
});
