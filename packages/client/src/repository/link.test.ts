import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseNextLink } from './link.ts';

const base = new URL('https://hub.example/v2/a/tags/list?n=2');

describe('parseNextLink()', () => {
  test.each([
    ['</v2/a/tags/list?n=2&last=b>; rel="next"', 'https://hub.example/v2/a/tags/list?n=2&last=b'],
    ['<https://hub.example/v2/x>; rel=next', 'https://hub.example/v2/x'],
    ['<?last=b>;rel="prev next"', 'https://hub.example/v2/a/tags/list?last=b'],
    ['<https://hub.example/a,b>; rel="first", </next>; title="a, b"; rel="next"', 'https://hub.example/next'],
    ['</x>; rel="prev"', undefined],
    ['</x>; rel="nextish"', undefined],
    ['<https://evil.example/v2/x>; rel="next"', undefined],
    ['<http://hub.example/v2/x>; rel="next"', undefined],
    ['nonsense', undefined],
    ['', undefined],
  ])('reads %j', (header, expected) => {
    expect(parseNextLink(header, base)?.href).toBe(expected);
  });

  test('never leaves the origin', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.webUrl(),
        (noise, url) => (parseNextLink(`${noise}<${url}>; rel="next"`, base)?.origin ?? base.origin) === base.origin,
      ),
    );
  });
});
