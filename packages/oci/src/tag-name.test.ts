import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTagName, parseTagName } from './tag-name.ts';

describe('parseTagName()', () => {
  test('takes what the grammar generates, case kept', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/), (tag) => {
        expect(parseTagName(tag)).toBe(tag);
      }),
    );
  });

  test.each(['', '.a', '-a', 'a b', 'a/b', 'a:b', 'a\n', 'é', 'x'.repeat(129)])('refuses %j', (tag) => {
    expect(isTagName(tag)).toBe(false);
    expect(() => parseTagName(tag)).toThrow(expect.objectContaining({ code: 'TAG_INVALID', kind: 'invalid' }));
  });

  test('takes cosign and referrers fallback tags', () => {
    expect(isTagName(`sha256-${'0'.repeat(64)}.sig`)).toBe(true);
  });
});
