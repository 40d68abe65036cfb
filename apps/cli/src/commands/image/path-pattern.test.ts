import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePathPattern } from './path-pattern.ts';

describe('parsePathPattern()', () => {
  // The table of Go's own tests of path.Match, and more.
  it.each<[string, string, boolean]>([
    ['abc', 'abc', true],
    ['*', 'abc', true],
    ['*c', 'abc', true],
    ['a*', 'a', true],
    ['a*', 'abc', true],
    ['a*', 'ab/c', false],
    ['a*/b', 'abc/b', true],
    ['a*/b', 'a/c/b', false],
    ['a*b*c*d*e*/f', 'axbxcxdxe/f', true],
    ['a*b*c*d*e*/f', 'axbxcxdxexxx/fff', false],
    ['a*b?c*x', 'abxbbxdbxebxczzx', true],
    ['a*b?c*x', 'abxbbxdbxebxczzy', false],
    ['ab[c]', 'abc', true],
    ['ab[b-d]', 'abc', true],
    ['ab[e-g]', 'abc', false],
    ['ab[^c]', 'abc', false],
    ['ab[^e-g]', 'abc', true],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'ab', false],
    ['a?b', 'a☺b', true],
    ['a[^a]b', 'a☺b', true],
    ['a???b', 'a☺b', false],
    ['[a-ζ]*', 'α', true],
    ['a?b', 'a/b', false],
    ['a*b', 'a/b', false],
    ['[\\]a]', ']', true],
    ['[\\-x]', '-', true],
    ['*x', 'xxx', true],
    ['', '', true],
    ['', 'a', false],
    ['ann/*', 'ann/app:v1', true],
    ['ann*', 'ann/app:v1', false],
  ])('%j fits %j: %j', (pattern, text, fits) => {
    expect(parsePathPattern(pattern)?.(text)).toBe(fits);
  });

  it.each(['[]a]', '[-]', '[x-]', '[-x]', 'a[', 'a\\', '[a-b-c]', '[^', '[^bc'])('refuses %j', (pattern) => {
    expect(parsePathPattern(pattern)).toBeUndefined();
  });

  it('takes a quoted text as that text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, other) => {
        const pattern = parsePathPattern(text.replace(/[*?[\\]/g, '\\$&'));
        expect(pattern?.(text)).toBe(true);
        expect(pattern?.(other)).toBe(other === text);
      }),
    );
  });

  it('stays quick however many stars there are', () => {
    expect(parsePathPattern(`${'*a'.repeat(50)}b`)?.('a'.repeat(5000))).toBe(false);
  });
});
