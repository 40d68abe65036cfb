import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatNextLink, parsePage } from './page.ts';

function pageOf(query: string) {
  return parsePage(new URLSearchParams(query), 100);
}

describe('parsePage()', () => {
  it('parsePage() reads n and last', () => {
    expect(pageOf('n=5&last=v1')).toEqual({ limit: 5, after: 'v1' });
  });

  it('parsePage() takes the most there is for a missing or larger n', () => {
    expect(pageOf('')).toEqual({ limit: 100, after: '' });
    expect(pageOf('n=101')).toEqual({ limit: 100, after: '' });
  });

  it('parsePage() keeps n=0', () => {
    expect(pageOf('n=0').limit).toBe(0);
  });

  it.each(['-1', '1.5', 'x', '', '1e3', '1234567890123456'])('parsePage() refuses n="%s"', (n) => {
    expect(() => pageOf(`n=${n}`)).toThrow(expect.objectContaining({ code: 'PAGINATION_NUMBER_INVALID', kind: 'invalid' }));
  });
});

describe('formatNextLink()', () => {
  it('formatNextLink() begins with "<", is relative and reads back what it was given (crane, oras)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(), (last, n) => {
        const link = formatNextLink('/v2/a/tags/list', { n: String(n), last });
        const target = /^<([^>]*)>; rel="next"$/.exec(link)?.[1] ?? '';
        expect(target.startsWith('/v2/a/tags/list?')).toBe(true);
        const url = new URL(target, 'http://registry.test');
        expect(url.origin).toBe('http://registry.test');
        expect(Object.fromEntries(url.searchParams)).toEqual({ n: String(n), last });
      }),
    );
  });
});
