import { describe, expect, test } from 'vitest';
import { parseDescriptor } from './descriptor.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const GOOD = { mediaType: 'application/x', digest: DIGEST, size: 2 };

describe('parseDescriptor()', () => {
  test('keeps what it knows, drops the rest and takes null for absent', () => {
    const read = parseDescriptor(
      {
        ...GOOD,
        urls: ['https://a/b'],
        annotations: { a: 'b' },
        platform: { os: 'linux', architecture: 'arm', variant: 'v7', features: ['x'] },
        data: null,
        x: 1,
      },
      'layers[0]',
    );
    expect(read).toEqual({
      ...GOOD,
      urls: ['https://a/b'],
      annotations: { a: 'b' },
      platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
    });
  });

  test('takes an empty blob, an empty platform and data of the right size', () => {
    expect(parseDescriptor({ ...GOOD, size: -0 }, 'x').size).toBe(0);
    expect(parseDescriptor({ ...GOOD, platform: {} }, 'x').platform).toEqual({ os: '', architecture: '' });
    expect(parseDescriptor({ ...GOOD, data: 'e30=' }, 'x').data).toBe('e30=');
    expect(parseDescriptor({ ...GOOD, size: 0, data: '' }, 'x').data).toBe('');
  });

  test('keeps a __proto__ annotation an annotation', () => {
    const { annotations } = parseDescriptor({ ...GOOD, annotations: JSON.parse('{"__proto__":"x"}') as unknown }, 'x');
    expect(Object.entries(annotations ?? {})).toEqual([['__proto__', 'x']]);
    expect(Object.getPrototypeOf(annotations)).toBe(Object.prototype);
  });

  test.each([
    [undefined, 'x is missing, not an object'],
    [[], 'x is a list, not an object'],
    ['sha256', 'x is "sha256", not an object'],
    [{ ...GOOD, mediaType: '' }, 'x.mediaType is ""'],
    [{ ...GOOD, mediaType: 'a\r\nSet-Cookie: b' }, 'x.mediaType is'],
    [{ ...GOOD, mediaType: undefined }, 'x.mediaType is missing'],
    [{ ...GOOD, digest: 'sha256:abc' }, 'x.digest is "sha256:abc"'],
    [{ ...GOOD, digest: null }, 'x.digest is missing'],
    [{ ...GOOD, size: -1 }, 'x.size is -1'],
    [{ ...GOOD, size: 1.5 }, 'x.size is 1.5'],
    [{ ...GOOD, size: 1e300 }, 'x.size is 1e+300'],
    [{ ...GOOD, size: Infinity }, 'x.size is Infinity'],
    [{ ...GOOD, size: '2' }, 'x.size is "2"'],
    [{ ...GOOD, size: undefined }, 'x.size is missing'],
    [{ ...GOOD, urls: 'a' }, 'x.urls is "a", not a list'],
    [{ ...GOOD, urls: [1] }, 'x.urls[0] is 1, not a string'],
    [{ ...GOOD, annotations: { a: 1 } }, 'x.annotations.a is 1, not a string'],
    [{ ...GOOD, annotations: { 'a\nb': 1 } }, 'x.annotations["a\\nb"] is 1'],
    [{ ...GOOD, annotations: [] }, 'x.annotations is a list'],
    [{ ...GOOD, data: 'e30' }, 'x.data is "e30", not base64'],
    [{ ...GOOD, data: 'e3_=' }, 'x.data is'],
    [{ ...GOOD, data: '====' }, 'x.data is'],
    [{ ...GOOD, data: 'e30x' }, 'x.size is 2, not the 3 bytes that "data" holds'],
    [{ ...GOOD, platform: 'linux' }, 'x.platform is "linux"'],
  ])('refuses %j', (value, why) => {
    expect(() => parseDescriptor(value, 'x')).toThrow(
      expect.objectContaining({
        code: 'DESCRIPTOR_INVALID',
        kind: 'invalid',
        message: expect.stringContaining(`Cannot read descriptor: ${why}`),
      }),
    );
  });
});
