import { describe, expect, test } from 'vitest';
import { parseWhiteout, whiteoutNameOf } from './whiteout.ts';

function read(path: string) {
  const whiteout = parseWhiteout(Buffer.from(path));
  return 'path' in whiteout ? { kind: whiteout.kind, path: whiteout.path.toString() } : { kind: whiteout.kind };
}

describe('parseWhiteout()', () => {
  test.each([
    ['a/b', { kind: 'none' }],
    ['', { kind: 'none' }],
    ['a/x.wh.b', { kind: 'none' }],
    ['.wh.a', { kind: 'whiteout', path: 'a' }],
    ['a/.wh.b', { kind: 'whiteout', path: 'a/b' }],
    ['a/.wh.wh.b', { kind: 'whiteout', path: 'a/wh.b' }],
    ['.wh..hidden', { kind: 'whiteout', path: '.hidden' }],
    ['.wh..wh..opq', { kind: 'opaque', path: '' }],
    ['a/b/.wh..wh..opq', { kind: 'opaque', path: 'a/b' }],
    ['.wh..wh.plnk', { kind: 'metadata' }],
    ['.wh..wh.plnk/12.34', { kind: 'metadata' }],
    ['a/.wh..wh.aufs', { kind: 'metadata' }],
    ['a/.wh.b/c', { kind: 'none' }],
    ['.wh.', { kind: 'refused' }],
    ['a/.wh..', { kind: 'refused' }],
    ['a/.wh...', { kind: 'refused' }],
  ])('reads %j', (path, expected) => {
    expect(read(path)).toEqual(expected);
  });

  test('reads what whiteoutNameOf() names', () => {
    for (const path of ['a', 'a/b', '.hidden', 'a/...']) {
      const name = whiteoutNameOf(Buffer.from(path));
      expect(parseWhiteout(name)).toEqual({ kind: 'whiteout', path: Buffer.from(path) });
    }
  });
});
