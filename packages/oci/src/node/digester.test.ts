import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDigest } from '../digest.ts';
import { chainIdsOf } from './chain-id.ts';
import { createDigester, digestBytes } from './digester.ts';

describe('digestBytes()', () => {
  test('knows the digests of nothing and of {}', () => {
    expect(digestBytes('')).toBe('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(digestBytes(new TextEncoder().encode('{}'))).toBe('sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
    expect(digestBytes('', 'sha512')).toMatch(/^sha512:cf83e1357eefb8bd[0-9a-f]{112}$/);
  });
});

describe('createDigester()', () => {
  test('agrees with digestBytes() however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), fc.constantFrom('sha256' as const, 'sha512' as const), (chunks, algorithm) => {
        const digester = createDigester(algorithm);
        for (const chunk of chunks) digester.update(chunk);
        expect(digester.digest()).toBe(digestBytes(Buffer.concat(chunks), algorithm));
      }),
    );
  });
});

describe('chainIdsOf()', () => {
  test('starts with the first diffId and hashes each next one onto it', () => {
    const [a, b] = [digestBytes('a'), digestBytes('b')];
    expect(chainIdsOf([a, b])).toEqual([a, digestBytes(`${a} ${b}`)]);
    expect(chainIdsOf([])).toEqual([]);
    expect(parseDigest(chainIdsOf([a, b, a])[2] ?? '')).toBe(digestBytes(`${digestBytes(`${a} ${b}`)} ${a}`));
  });
});
