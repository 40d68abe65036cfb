import { posix } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanEntryPath, requireEntryPath, splitEntryPath } from './entry-path.ts';

function pathOf(name: string): string | undefined {
  const cleaned = cleanEntryPath(Buffer.from(name));
  return cleaned.kind === 'inside' ? cleaned.path.toString() : undefined;
}

describe('cleanEntryPath()', () => {
  test.each([
    ['etc/passwd', 'etc/passwd'],
    ['etc/', 'etc'],
    ['./etc//x/./y/', 'etc/x/y'],
    ['/etc/passwd', 'etc/passwd'],
    ['///', ''],
    ['.', ''],
    ['./', ''],
    ['', ''],
    ['a/../b', 'b'],
    ['a/b/../..', ''],
    ['...', '...'],
    ['.hidden/..x', '.hidden/..x'],
  ])('reads %j as %j', (name, expected) => {
    expect(pathOf(name)).toBe(expected);
  });

  test.each(['..', '../x', '/..', '/../etc/passwd', 'a/../../b', './../x', 'a/../..'])('refuses %j', (name) => {
    expect(cleanEntryPath(Buffer.from(name))).toMatchObject({ kind: 'refused', reason: 'escapes' });
  });

  test('refuses what no filesystem can hold', () => {
    expect(cleanEntryPath(Buffer.from('a\0b'))).toMatchObject({ reason: 'holds-nul' });
    expect(cleanEntryPath(Buffer.from('x'.repeat(256)))).toMatchObject({ reason: 'component-too-long' });
    expect(cleanEntryPath(Buffer.from('d/'.repeat(2048)))).toMatchObject({ kind: 'inside' });
    expect(cleanEntryPath(Buffer.from('d/'.repeat(2049)))).toMatchObject({ reason: 'path-too-long' });
  });

  test('keeps bytes that are not UTF-8', () => {
    const name = Buffer.from([0x2f, 0xff, 0x2f, 0xfe]);
    expect(cleanEntryPath(name)).toEqual({ kind: 'inside', path: Buffer.from([0xff, 0x2f, 0xfe]) });
  });

  test('agrees with node:path, and never leaves the folder', () => {
    const component = fc.constantFrom('', '.', '..', 'a', 'b', '.c', '..d');
    fc.assert(
      fc.property(fc.array(component, { maxLength: 8 }), (components) => {
        const name = components.join('/');
        const normalized = posix.normalize(`./${name}`).replace(/\/$/, '');
        const expected = normalized === '..' || normalized.startsWith('../') ? undefined : normalized.replace(/^\.$/, '');
        expect(pathOf(name)).toBe(expected);
      }),
    );
  });
});

describe('requireEntryPath()', () => {
  test('throws what cleanEntryPath() refuses', () => {
    expect(() => requireEntryPath(Buffer.from('../x'))).toThrow('Cannot unpack "../x": it leads out of the folder it is unpacked into');
    expect(requireEntryPath(Buffer.from('/x')).toString()).toBe('x');
  });
});

describe('splitEntryPath()', () => {
  test('gives the components, none for the folder itself', () => {
    expect(splitEntryPath(Buffer.from('a/bc/d')).map(String)).toEqual(['a', 'bc', 'd']);
    expect(splitEntryPath(Buffer.alloc(0))).toEqual([]);
  });
});
