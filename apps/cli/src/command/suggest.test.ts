import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, suggest } from './suggest.ts';

describe('editDistance()', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['list', 'lsit', 1],
    ['gc', 'cg', 1],
    ['serve', 'sevre', 1],
    ['account', 'acount', 1],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
  ])('between %j and %j is %i', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
  });

  it('is symmetric, and zero for equal words alone', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
      }),
    );
  });
});

describe('suggest()', () => {
  it.each([
    ['acount', 'account'],
    ['verfiy', 'verify'],
    ['vers', 'version'],
    ['cg', 'gc'],
  ])('takes %s for %s', (typed, meant) => {
    expect(suggest(typed, ['account', 'gc', 'repo', 'verify', 'version'])).toBe(meant);
  });

  it.each(['frobnicate', 'x', ''])('has nothing to say about %j', (typed) => {
    expect(suggest(typed, ['account', 'gc', 'repo'])).toBeUndefined();
  });
});
