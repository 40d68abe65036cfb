import { layerError } from '../layer-errors.ts';

export interface PaxRecord {
  readonly key: string;
  /** A view into the records. */
  readonly value: Buffer;
}

/** Reads `<length> <key>=<value>\n` records (POSIX pax, "pax Header Block"). Errors: TAR_INVALID. */
export function parsePaxRecords(bytes: Buffer): PaxRecord[] {
  const records: PaxRecord[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { length, start } = readLength(bytes, at);
    const end = at + length;
    if (end > bytes.length || start >= end || bytes[end - 1] !== 0x0a) throw invalid(at, 'its length is wrong');
    const equals = bytes.indexOf(0x3d, start);
    if (equals <= start || equals >= end) throw invalid(at, 'it is not KEY=VALUE');
    records.push({ key: bytes.toString('utf8', start, equals), value: bytes.subarray(equals + 1, end - 1) });
    at = end;
  }
  return records;
}

function readLength(bytes: Buffer, at: number): { length: number; start: number } {
  let length = 0;
  let index = at;
  for (; index < bytes.length && index - at < 10; index++) {
    const digit = (bytes[index] as number) - 0x30;
    if (digit < 0 || digit > 9) break;
    length = length * 10 + digit;
  }
  if (index === at || bytes[index] !== 0x20) throw invalid(at, 'it does not start with its length');
  return { length, start: index + 1 };
}

function invalid(at: number, why: string): Error {
  return layerError('TAR_INVALID', `Cannot read the PAX record at byte ${at} of its header: ${why}`);
}
