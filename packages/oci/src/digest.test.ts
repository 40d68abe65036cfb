import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { algorithmOf, hexOf, isDigest, isDigestAlgorithm, parseDigest } from './digest.ts';

const HEX = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const anyDigest = fc.oneof(
  fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}`),
  fc.stringMatching(/^[0-9a-f]{128}$/).map((hex) => `sha512:${hex}`),
);

describe('parseDigest()', () => {
  test('takes sha256 and sha512 apart and together again', () => {
    fc.assert(
      fc.property(anyDigest, (text) => {
        const digest = parseDigest(text);
        expect(`${algorithmOf(digest)}:${hexOf(digest)}`).toBe(text);
      }),
    );
  });

  test.each([
    ['', 'no "algorithm:"'],
    [HEX, 'no "algorithm:"'],
    [`sha256:${HEX.toUpperCase()}`, '64 lowercase'],
    [`sha256:${HEX}\n`, '64 lowercase'],
    [`sha256:${HEX}0`, '64 lowercase'],
    [`sha512:${HEX}`, '128 lowercase'],
    [`SHA256:${HEX}`, 'not supported'],
    [`md5:${HEX.slice(0, 32)}`, 'not supported'],
    ['sha256:../../../../etc/passwd', '64 lowercase'],
  ])('refuses %j', (text, reason) => {
    expect(isDigest(text)).toBe(false);
    expect(() => parseDigest(text)).toThrow(
      expect.objectContaining({ code: 'DIGEST_INVALID', kind: 'invalid', message: expect.stringContaining(reason) }),
    );
  });

  test('caps what it quotes', () => {
    const read = () => parseDigest('x'.repeat(100_000));
    expect(read).toThrow(expect.objectContaining({ message: expect.stringMatching(/^.{1,400}$/u) }));
  });
});

test('isDigestAlgorithm() knows no names of Object.prototype', () => {
  expect(['sha256', 'sha512', 'sha384', 'constructor', '__proto__'].filter(isDigestAlgorithm)).toEqual(['sha256', 'sha512']);
});
