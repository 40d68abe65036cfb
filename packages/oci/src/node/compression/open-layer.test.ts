import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { digestBytes } from '../digester.ts';
import { computeLayer, openLayer } from './open-layer.ts';
import { collect, layerBytes, watched } from './testing/layer-bytes.ts';

const tar = layerBytes(300_000);
const blobs = [
  { compression: 'none', blob: tar },
  { compression: 'gzip', blob: gzipSync(tar) },
  { compression: 'zstd', blob: zstdCompressSync(tar) },
] as const;

describe('computeLayer()', () => {
  test.each(blobs)('hashes blob and tar of $compression', async ({ compression, blob }) => {
    for (const pieceBytes of [100, 10_000_000]) {
      expect(await computeLayer(watched(blob, pieceBytes).source)).toEqual({
        compression,
        digest: digestBytes(blob),
        sizeBytes: blob.length,
        diffId: digestBytes(tar),
        diffSizeBytes: tar.length,
      });
    }
  });

  test('knows the layer without a byte', async () => {
    expect(await computeLayer(watched(Buffer.alloc(0)).source)).toMatchObject({
      compression: 'none',
      digest: digestBytes(''),
      diffId: digestBytes(''),
    });
  });
});

describe('openLayer()', () => {
  test.each(blobs)('gives the tar in $compression, and the digests after it', async ({ blob }) => {
    const layer = openLayer(watched(blob).source);
    expect(() => layer.digests()).toThrow(TypeError);
    expect((await collect(layer.content)).equals(tar)).toBe(true);
    expect(layer.digests().digest).toBe(digestBytes(blob));
  });

  test('closes its source when it can not unpack it', async () => {
    const { source, state } = watched(Buffer.from('BZh91AY'.padEnd(2000)), 600);
    await expect(collect(openLayer(source).content)).rejects.toMatchObject({ code: 'COMPRESSION_UNSUPPORTED' });
    expect(state.isClosed).toBe(true);
  });
});
