import { storageError } from '../errors.ts';
import type { GatherEnd } from './gather.ts';

export function offsetMismatch(id: string, offset: number, sizeBytes: number) {
  return storageError('OFFSET_MISMATCH', `Cannot append to upload "${id}" at byte ${offset}: it has ${sizeBytes} bytes`, {
    details: { sizeBytes },
  });
}

/** Throws what the source broke off with, or LENGTH_MISMATCH. */
export function throwUnlessWhole(id: string, end: GatherEnd, length: number | undefined): void {
  if (end.kind === 'broken') throw end.error;
  if (length === undefined || (end.kind === 'ended' && end.sizeBytes === length)) return;
  const found = end.kind === 'excess' ? 'more came' : `${end.sizeBytes} came`;
  throw storageError('LENGTH_MISMATCH', `Cannot append to upload "${id}": ${length} bytes were announced but ${found}`);
}
