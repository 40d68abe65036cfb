import type { ByteRange } from '@slipway/storage/blob';

/** What a `Range` header asks of a representation (RFC 9110 §14). */
export type RangeRequest =
  | { readonly kind: 'whole' }
  | { readonly kind: 'ranges'; readonly ranges: readonly ByteRange[] }
  | { readonly kind: 'unsatisfiable' };

/** More parts than this are answered with the whole: a header must not make a short request expensive. */
const MAX_RANGES = 256;

const WHOLE: RangeRequest = { kind: 'whole' };

/**
 * Reads a `Range` header against a size. Headers that are not well formed, of another unit, or that would send more than the whole (overlaps,
 * too many parts) are ignored as the RFC allows; ranges beyond the end are clamped or left out; none left is unsatisfiable.
 */
export function parseByteRange(header: string | undefined, sizeBytes: number): RangeRequest {
  if (header === undefined) return WHOLE;
  const match = /^\s*bytes\s*=(.*)$/i.exec(header);
  if (match === null) return WHOLE;
  const specs = (match[1] ?? '')
    .split(',')
    .map((spec) => spec.trim())
    .filter((spec) => spec !== '');
  if (specs.length === 0 || specs.length > MAX_RANGES) return WHOLE;
  const ranges: ByteRange[] = [];
  for (const spec of specs) {
    const range = parseSpec(spec, sizeBytes);
    if (range === 'malformed') return WHOLE;
    if (range !== undefined) ranges.push(range);
  }
  if (ranges.length === 0) return { kind: 'unsatisfiable' };
  const total = ranges.reduce((sum, range) => sum + lengthOf(range), 0);
  return ranges.length > 1 && total > sizeBytes ? WHOLE : { kind: 'ranges', ranges };
}

export function lengthOf(range: ByteRange): number {
  return range.end - range.start + 1;
}

function parseSpec(spec: string, sizeBytes: number): ByteRange | undefined | 'malformed' {
  const match = /^(\d{0,16})\s*-\s*(\d{0,16})$/.exec(spec);
  if (match === null) return 'malformed';
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return 'malformed';
  if (first === '') {
    const suffix = Number(last);
    return suffix === 0 || sizeBytes === 0 ? undefined : { start: Math.max(0, sizeBytes - suffix), end: sizeBytes - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return 'malformed';
  if (start >= sizeBytes) return undefined;
  return { start, end: last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1) };
}
