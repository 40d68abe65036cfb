import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { encodeTarHeader } from '../tar/tar-header-encoder.ts';
import { detectCompression } from './compression.ts';

describe('detectCompression()', () => {
  test('knows gzip, zstd and what is neither', () => {
    expect(detectCompression(gzipSync('x'))).toBe('gzip');
    expect(detectCompression(zstdCompressSync('x'))).toBe('zstd');
    expect(detectCompression(Buffer.from('5e2a4d1800000000', 'hex'))).toBe('zstd');
    expect(detectCompression(Buffer.from('plain'))).toBe('none');
    expect(detectCompression(Buffer.alloc(0))).toBe('none');
    expect(detectCompression(Buffer.alloc(1024))).toBe('none');
  });

  test('takes a tar for one whatever its first name begins with', () => {
    const header = encodeTarHeader({ kind: 'file', name: 'BZh9', mode: 0o644, mtimeSeconds: 1 });
    expect(detectCompression(header)).toBe('none');
  });

  test.each([
    ['xz', 'fd377a585a000004'],
    ['bzip2', '425a6839'],
    ['lz4', '04224d18'],
    ['lzip', '4c5a495001'],
  ])('refuses %s by name', (name, magic) => {
    expect(() => detectCompression(Buffer.from(magic, 'hex'))).toThrow(`Cannot unpack the layer: it is compressed with ${name}`);
  });
});
