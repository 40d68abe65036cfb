import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Compression } from './compression.ts';
import { findIgzip } from './igzip.ts';
import { createInflate, inflate } from './inflate.ts';
import { collect, layerBytes, watched } from './testing/layer-bytes.ts';

const igzip = await findIgzip(process.env['PATH'] ?? '');
const bytes = layerBytes(1_000_000);

function packed(kind: Compression, parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts.map((part) => (kind === 'gzip' ? gzipSync(part) : zstdCompressSync(part))));
}

const engines = [
  { name: 'gzip by zlib', kind: 'gzip', options: {} },
  { name: 'zstd', kind: 'zstd', options: {} },
] as const;

describe.each(engines)('inflate(), $name', ({ kind, options }) => {
  test('reads one part', async () => {
    expect((await collect(inflate(watched(packed(kind, [bytes])).source, kind, options))).equals(bytes)).toBe(true);
  });

  test('reads any number of parts, cut anywhere', async () => {
    const parts = fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(parts, fc.integer({ min: 1, max: 50 }), async (arrays, pieceBytes) => {
        const buffers = arrays.map((array) => Buffer.from(array));
        const read = await collect(inflate(watched(packed(kind, buffers), pieceBytes).source, kind, options));
        expect(read.equals(Buffer.concat(buffers))).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  test('fails when the data stops early, wherever', async () => {
    const whole = packed(kind, [bytes.subarray(0, 5000), bytes.subarray(0, 300)]);
    for (const length of [1, 5, 30, whole.length - 200, whole.length - 1]) {
      const reading = collect(inflate(watched(whole.subarray(0, length), 100).source, kind, options));
      await expect(reading, String(length)).rejects.toMatchObject({ code: 'COMPRESSION_INVALID' });
    }
  });

  test('fails when the data is damaged or something else follows it', async () => {
    const damaged = packed(kind, [bytes]);
    damaged[damaged.length - 6] = (damaged[damaged.length - 6] as number) ^ 0x55;
    const checked = kind === 'gzip' ? damaged : zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
    if (kind === 'zstd') checked[checked.length - 2] = (checked[checked.length - 2] as number) ^ 0x55;
    const followed = Buffer.concat([packed(kind, [bytes]), Buffer.from('something else')]);
    for (const wrong of [checked, followed]) {
      await expect(collect(inflate(watched(wrong).source, kind, options))).rejects.toMatchObject({ code: 'COMPRESSION_INVALID' });
    }
  });

  test('stops at the limit', async () => {
    const bomb = packed(kind, [Buffer.alloc(50_000_000)]);
    const { source, state } = watched(bomb, 100);
    const reading = collect(inflate(source, kind, { ...options, limitBytes: 1_000_000 }));
    await expect(reading).rejects.toMatchObject({ kind: 'exhausted', code: 'LAYER_TOO_LARGE' });
    expect(state.taken).toBeLessThan(bomb.length / 100);
  });

  test('stops with the reason of its signal', async () => {
    const stop = new AbortController();
    const reading = async () => {
      for await (const chunk of inflate(watched(packed(kind, [bytes]), 1000).source, kind, { ...options, signal: stop.signal })) {
        stop.abort(new Error(`enough after ${chunk.length > 0}`));
      }
    };
    await expect(reading()).rejects.toThrow('enough after true');
  });

  test('gives the error of its source', async () => {
    async function* failing() {
      yield packed(kind, [bytes]).subarray(0, 1000);
      throw new Error('the network is gone');
    }
    await expect(collect(inflate(failing(), kind, options))).rejects.toThrow('the network is gone');
  });

  test('closes its source when left', async () => {
    const { source, state } = watched(packed(kind, [bytes, bytes, bytes]), 1000);
    for await (const chunk of inflate(source, kind, options)) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await expect.poll(() => state.isClosed).toBe(true);
    expect(state.taken).toBeLessThan(packed(kind, [bytes, bytes, bytes]).length / 1000);
  });
});

describe('inflate()', () => {
  test('lets zeros follow gzip, and only zeros', async () => {
    const padded = Buffer.concat([gzipSync('text'), Buffer.alloc(3000)]);
    for (const pieceBytes of [1, 24, 1000, 10_000]) {
      expect((await collect(inflate(watched(padded, pieceBytes).source, 'gzip'))).toString()).toBe('text');
      const followed = Buffer.concat([padded, gzipSync('more')]);
      await expect(collect(inflate(watched(followed, pieceBytes).source, 'gzip'))).rejects.toMatchObject({ code: 'COMPRESSION_INVALID' });
    }
  });

  test('leaves out skippable frames of zstd', async () => {
    const skippable = Buffer.concat([Buffer.from('502a4d1805000000', 'hex'), Buffer.from('abcde')]);
    const layer = Buffer.concat([skippable, zstdCompressSync('one '), skippable, skippable, zstdCompressSync('two'), skippable]);
    for (const pieceBytes of [1, 3, 1000])
      expect((await collect(inflate(watched(layer, pieceBytes).source, 'zstd'))).toString()).toBe('one two');
  });

  test.each([
    ['a window above 128 MiB', '28b52ffd0090', 'COMPRESSION_UNSUPPORTED'],
    ['a content above 128 MiB in one segment', '28b52ffde00000000001000000', 'COMPRESSION_UNSUPPORTED'],
    ['a dictionary', '28b52ffd010058', 'COMPRESSION_UNSUPPORTED'],
    ['a reserved bit', '28b52ffd0858', 'COMPRESSION_INVALID'],
    ['a reserved block', '28b52ffd0058070000', 'COMPRESSION_INVALID'],
  ])('refuses a zstd frame with %s', async (_, start, code) => {
    const frame = Buffer.concat([Buffer.from(start, 'hex'), Buffer.alloc(100, 1)]);
    await expect(collect(inflate(watched(frame).source, 'zstd'))).rejects.toMatchObject({ code });
  });

  test('passes plain bytes on, within the limit', async () => {
    expect((await collect(inflate(watched(bytes).source, 'none'))).equals(bytes)).toBe(true);
    await expect(collect(inflate(watched(bytes).source, 'none', { limitBytes: 10 }))).rejects.toMatchObject({ code: 'LAYER_TOO_LARGE' });
  });
});

describe('createInflate()', () => {
  test('is a stream for pipelines', async () => {
    const pieces: Buffer[] = [];
    await pipeline(Readable.from([gzipSync(bytes)]), createInflate('gzip'), async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) pieces.push(chunk);
    });
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });

  test('fails its pipeline', async () => {
    const running = pipeline(Readable.from([Buffer.from('no gzip at all')]), createInflate('gzip'), collect);
    await expect(running).rejects.toMatchObject({ code: 'COMPRESSION_INVALID' });
  });
});

describe('findIgzip()', () => {
  test('finds nothing where nothing is', async () => {
    expect(await findIgzip('/nonexistent:')).toBeUndefined();
    if (igzip !== undefined) expect(igzip).toMatch(/^\/.*\/igzip$/);
  });
});
