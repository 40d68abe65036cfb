import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { basic } from '../testing/open-test-hub.ts';
import { parseAuthorization } from './authorization-header.ts';

describe('parseAuthorization()', () => {
  it('reads Basic and Bearer, whatever the case of the scheme', () => {
    expect(parseAuthorization(basic('ann', 'a:b ü'))).toEqual({ kind: 'basic', name: 'ann', password: 'a:b ü' });
    expect(parseAuthorization('bAsIc YTpi')).toEqual({ kind: 'basic', name: 'a', password: 'b' });
    expect(parseAuthorization('bearer abc.def')).toEqual({ kind: 'bearer', token: 'abc.def' });
  });

  it.each([undefined, '', 'Basic Og=='])('takes %j for nobody', (header) => {
    expect(parseAuthorization(header)).toEqual({ kind: 'none' });
  });

  it.each(['Basic', 'Basic ', 'Bearer', 'Digest x', 'Basic YQ==', 'x'])('cannot read %j', (header) => {
    expect(parseAuthorization(header)).toEqual({ kind: 'unknown' });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('', 'Basic ', 'Bearer '), (text, scheme) => {
        expect(parseAuthorization(scheme + text).kind).toMatch(/^(none|basic|bearer|unknown)$/);
      }),
    );
  });
});
