import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planMultipart } from './multipart-ranges.ts';

const whole = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
const range = fc.tuple(fc.nat({ max: 255 }), fc.nat({ max: 255 })).map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }));

describe('planMultipart()', () => {
  it('planMultipart() announces the exact length of a body from which every part reads back (containers/image zstd:chunked, stargz)', () => {
    fc.assert(
      fc.property(fc.array(range, { minLength: 2, maxLength: 8 }), (ranges) => {
        const plan = planMultipart(ranges, { sizeBytes: whole.length, contentType: 'application/octet-stream' });
        const pieces = plan.parts.flatMap((part) => [Buffer.from(part.head), whole.subarray(part.range.start, part.range.end + 1)]);
        const body = Buffer.concat([...pieces, Buffer.from(plan.tail)]);
        expect(body.length).toBe(plan.lengthBytes);
        const boundary = /^multipart\/byteranges; boundary=([0-9a-f]+)$/.exec(plan.contentType)?.[1] ?? 'none';
        const text = body.toString('latin1');
        expect(text.endsWith(`\r\n--${boundary}--\r\n`)).toBe(true);
        const parts = text.split(`--${boundary}\r\n`).slice(1);
        expect(parts.length).toBe(ranges.length);
        for (const [index, { start, end }] of ranges.entries()) {
          const expected = `Content-Type: application/octet-stream\r\nContent-Range: bytes ${start}-${end}/256\r\n\r\n`;
          const part = parts[index] ?? '';
          expect(part.startsWith(expected)).toBe(true);
          const bytes = Buffer.from(part.slice(expected.length, expected.length + end - start + 1), 'latin1');
          expect(bytes.equals(whole.subarray(start, end + 1))).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });
});
