import { storageError } from '../errors.ts';
import type { ByteRange } from './blob-store.ts';

export interface ByteSpan {
  readonly start: number;
  readonly lengthBytes: number;
}

/** Where the bytes of a range lie in a blob; the whole blob without one. An end beyond the last byte is clamped. Throws RANGE_INVALID. */
export function resolveSpan(range: ByteRange | undefined, sizeBytes: number): ByteSpan {
  if (range === undefined) return { start: 0, lengthBytes: sizeBytes };
  const { start, end } = range;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start || start >= sizeBytes) {
    throw storageError('RANGE_INVALID', `Cannot read bytes ${start}-${end}: the blob has ${sizeBytes} bytes`, { details: { sizeBytes } });
  }
  return { start, lengthBytes: Math.min(end, sizeBytes - 1) - start + 1 };
}
