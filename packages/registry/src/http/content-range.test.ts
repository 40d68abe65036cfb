import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseContentRange } from './content-range.ts';

const range = fc.tuple(fc.nat(), fc.nat()).map(([start, length]) => ({ start, end: start + length }));

describe('parseContentRange()', () => {
  it('parseContentRange() reads back what the specification writes (oras, regclient)', () => {
    fc.assert(
      fc.property(range, ({ start, end }) => {
        expect(parseContentRange(`${start}-${end}`)).toEqual({ start, end });
      }),
    );
  });

  it.each(['bytes 2-5', 'bytes=2-5', '2-5/6', 'bytes 2-5/*', ' 2-5 '])('parseContentRange() reads "%s", as scripts write it', (header) => {
    expect(parseContentRange(header)).toEqual({ start: 2, end: 5 });
  });

  it.each(['', '-', '5-2', '2-', '-5', 'a-b', '2-5-6', '1e3-2000', '2-5/x', '9999999999999999-9999999999999999'])(
    'parseContentRange() refuses "%s" as out of range',
    (header) => {
      expect(() => parseContentRange(header)).toThrow(expect.objectContaining({ code: 'RANGE_INVALID', kind: 'out-of-range' }));
    },
  );
});
