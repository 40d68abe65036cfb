import { registryError } from '../errors.ts';

/** Where a chunk of an upload goes: bytes `start` to `end`, both included. */
export interface ChunkRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads the `Content-Range` of a chunk: `<start>-<end>` as the distribution specification has it; the `bytes ` unit and `/<size>` of RFC 9110
 * are taken too, since scripts send them. Throws RANGE_INVALID.
 */
export function parseContentRange(header: string): ChunkRange {
  const match = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d{1,15}|\*))?$/.exec(header.trim());
  const start = Number(match?.[1]);
  const end = Number(match?.[2]);
  if (match === null || end < start) {
    throw registryError('RANGE_INVALID', `Cannot read Content-Range "${header.slice(0, 80)}": it must be "<first byte>-<last byte>"`);
  }
  return { start, end };
}
