import { fstatSync } from 'node:fs';
import type { Timestamp } from './calls.ts';

const NANOSECONDS = 1_000_000_000n;

/** When the content of an open file changed last. */
export function modifiedAt(fd: number): Timestamp {
  const { mtimeNs } = fstatSync(fd, { bigint: true });
  // Rounded down, before the epoch too.
  const nanoseconds = ((mtimeNs % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
  return { seconds: Number((mtimeNs - nanoseconds) / NANOSECONDS), nanoseconds: Number(nanoseconds) };
}
