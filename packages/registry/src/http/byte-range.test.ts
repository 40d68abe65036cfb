import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lengthOf, parseByteRange } from './byte-range.ts';

const size = fc.integer({ min: 1, max: 5000 });
const position = fc.integer({ min: 0, max: 6000 });
const spec = fc.oneof(
  fc.tuple(position, position).map(([start, end]) => `${start}-${end}`),
  position.map((start) => `${start}-`),
  position.map((suffix) => `-${suffix}`),
);

describe('parseByteRange()', () => {
  it('parseByteRange() keeps every range within the size and no larger than it in all', () => {
    fc.assert(
      fc.property(fc.array(spec, { minLength: 1, maxLength: 6 }), fc.nat({ max: 5000 }), (specs, sizeBytes) => {
        const asked = parseByteRange(`bytes=${specs.join(', ')}`, sizeBytes);
        if (asked.kind !== 'ranges') return;
        expect(asked.ranges.length).toBeGreaterThan(0);
        for (const range of asked.ranges) {
          expect(range.start).toBeGreaterThanOrEqual(0);
          expect(range.end).toBeGreaterThanOrEqual(range.start);
          expect(range.end).toBeLessThan(sizeBytes);
        }
        expect(asked.ranges.reduce((sum, range) => sum + lengthOf(range), 0)).toBeLessThanOrEqual(sizeBytes);
      }),
    );
  });

  it('parseByteRange() clamps the end to the size', () => {
    fc.assert(
      fc.property(size, fc.nat(), fc.nat(), (sizeBytes, offset, beyond) => {
        const start = offset % sizeBytes;
        const asked = parseByteRange(`bytes=${start}-${sizeBytes + beyond}`, sizeBytes);
        expect(asked).toEqual({ kind: 'ranges', ranges: [{ start, end: sizeBytes - 1 }] });
      }),
    );
  });

  it('parseByteRange() reads an open range to the end (containerd parallel pulls)', () => {
    fc.assert(
      fc.property(size, fc.nat(), (sizeBytes, offset) => {
        const start = offset % sizeBytes;
        expect(parseByteRange(`bytes=${start}-`, sizeBytes)).toEqual({ kind: 'ranges', ranges: [{ start, end: sizeBytes - 1 }] });
      }),
    );
  });

  it('parseByteRange() reads a suffix from the end, the whole when it is longer', () => {
    fc.assert(
      fc.property(size, fc.integer({ min: 1, max: 9000 }), (sizeBytes, suffix) => {
        const start = Math.max(0, sizeBytes - suffix);
        expect(parseByteRange(`bytes=-${suffix}`, sizeBytes)).toEqual({ kind: 'ranges', ranges: [{ start, end: sizeBytes - 1 }] });
      }),
    );
  });

  it.each(['bytes=10-', 'bytes=10-12', 'bytes=99-100, 10-', 'bytes=-0'])('parseByteRange() cannot satisfy "%s" of 10 bytes', (header) => {
    expect(parseByteRange(header, 10)).toEqual({ kind: 'unsatisfiable' });
  });

  it.each(['bytes=0-0', 'bytes=0-', 'bytes=-1'])('parseByteRange() cannot satisfy "%s" of no bytes', (header) => {
    expect(parseByteRange(header, 0)).toEqual({ kind: 'unsatisfiable' });
  });

  it.each([
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=5-2',
    'bytes=1-2-3',
    'bytes=1',
    'lines=0-1',
    'bytes=0x1-2',
    'bytes=0-1,x',
  ])('parseByteRange() takes %j for the whole', (header) => {
    expect(parseByteRange(header, 10)).toEqual({ kind: 'whole' });
  });

  it('parseByteRange() never throws and never invents a range, whatever the header', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat({ max: 1000 }), (text, sizeBytes) => {
        expect(['whole', 'ranges', 'unsatisfiable']).toContain(parseByteRange(`bytes=${text}`, sizeBytes).kind);
      }),
    );
  });

  it('parseByteRange() answers many or overlapping ranges with the whole', () => {
    expect(parseByteRange('bytes=0-9,0-9', 10)).toEqual({ kind: 'whole' });
    expect(parseByteRange(`bytes=${Array.from({ length: 257 }, (_, at) => `${at}-${at}`).join(',')}`, 10_000)).toEqual({ kind: 'whole' });
  });

  it('parseByteRange() leaves out what is beyond the end and keeps the order asked for', () => {
    expect(parseByteRange('bytes=6-7, 50-60, 0-1', 10)).toEqual({
      kind: 'ranges',
      ranges: [
        { start: 6, end: 7 },
        { start: 0, end: 1 },
      ],
    });
  });

  it('parseByteRange() reads the unit in any case, with blanks around', () => {
    expect(parseByteRange(' Bytes = 1 - 2 ', 10)).toEqual({ kind: 'ranges', ranges: [{ start: 1, end: 2 }] });
  });
});
