import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { compressLayer } from './compress-layer.ts';
import { findIgzip } from './igzip.ts';
import { inflate } from './inflate.ts';
import { collect, layerBytes, watched } from './testing/layer-bytes.ts';

const program = await findIgzip(process.env['PATH'] ?? '');
const igzip = program ?? '';
const skipped = program === undefined ? ' [skipped: igzip is not installed, Debian package isal]' : '';
const bytes = layerBytes(3_000_000);
const layer = Buffer.concat([gzipSync(bytes), gzipSync(Buffer.alloc(0)), gzipSync('the end')]);

describe.skipIf(program === undefined)(`inflate() by igzip${skipped}`, () => {
  test('gives what zlib gives', async () => {
    const read = await collect(inflate(watched(layer).source, 'gzip', { igzip }));
    expect(read.equals(await collect(inflate(watched(layer).source, 'gzip')))).toBe(true);
    expect((await collect(inflate(watched(Buffer.concat([layer, Buffer.alloc(5000)])).source, 'gzip', { igzip }))).equals(read)).toBe(true);
  });

  test('fails where zlib fails', async () => {
    const damaged = Buffer.from(layer);
    damaged[1_000_000] = (damaged[1_000_000] as number) ^ 0xff;
    const wrongs = [
      layer.subarray(0, 10),
      layer.subarray(0, 1_000_000),
      layer.subarray(0, -1),
      damaged,
      Buffer.from('not gzip'),
      Buffer.alloc(0),
    ];
    for (const [index, wrong] of wrongs.entries()) {
      for (const options of [{}, { igzip }]) {
        const reading = collect(inflate(watched(wrong).source, 'gzip', options));
        await expect(reading, `${index} ${options.igzip}`).rejects.toMatchObject({ code: 'COMPRESSION_INVALID' });
      }
    }
  });

  test('reads its source to the end even when igzip stops before', async () => {
    const { source, state } = watched(Buffer.concat([gzipSync('text'), Buffer.alloc(10_000_000, 'x')]));
    expect((await collect(inflate(source, 'gzip', { igzip }))).toString()).toBe('text');
    expect(state.isClosed).toBe(true);
    expect(state.taken).toBeGreaterThan(10_000_000 / 65_536);
  });

  test('stops at the limit, at the signal and with its taker', async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000));
    await expect(collect(inflate(watched(bomb).source, 'gzip', { igzip, limitBytes: 1e6 }))).rejects.toMatchObject({
      code: 'LAYER_TOO_LARGE',
    });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(collect(inflate(watched(bomb).source, 'gzip', { igzip, signal }))).rejects.toThrow('enough');
    const { source, state } = watched(layer, 1000);
    for await (const chunk of inflate(source, 'gzip', { igzip })) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await expect.poll(() => state.isClosed).toBe(true);
  });
});

describe.skipIf(program === undefined)(`compressLayer() by igzip${skipped}`, () => {
  test('writes gzip, the same for equal bytes', async () => {
    const digests = [];
    for (const pieceBytes of [1000, 500_000]) {
      const stream = compressLayer(watched(bytes, pieceBytes).source, { kind: 'gzip', igzip });
      expect(gunzipSync(await collect(stream.content)).equals(bytes)).toBe(true);
      digests.push(stream.digests());
    }
    expect(digests[1]).toEqual(digests[0]);
  });

  test('keeps nothing of the chunks that were written', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const usedBytes = (): number => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    let growthBytes = 0;
    async function* source(): AsyncGenerator<Buffer, void, void> {
      const chunk = Buffer.alloc(1000);
      let startBytes = 0;
      for (let index = 0; index < 30_000; index++) {
        if (index === 1000) startBytes = usedBytes();
        yield chunk;
      }
      growthBytes = usedBytes() - startBytes;
    }
    await collect(compressLayer(source(), { kind: 'gzip', igzip }).content);
    expect(growthBytes).toBeLessThan(4_000_000);
  });
});
