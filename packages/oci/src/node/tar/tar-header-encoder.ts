import type { TarEntryToWrite } from './entry-to-write.ts';
import { formatPaxRecords, formatPaxTime } from './pax-format.ts';
import { BLOCK_BYTES, checksumOf, FIELDS, paddingAfter } from './tar-block.ts';
import type { TarEntryKind } from './tar-entry.ts';
import { checkEntry } from './tar-entry-check.ts';
import { splitUstarName } from './ustar-name.ts';

const TYPEFLAGS: Readonly<Record<TarEntryKind, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  'character-device': '3',
  'block-device': '4',
  folder: '5',
  fifo: '6',
};

const NOT_ASCII = /[\x80-\xff]+/g;

/** The fields of a header block; what does not fit is written as 0 or cut, and stands in a PAX record too. */
interface HeaderFields {
  readonly typeflag: string;
  readonly name: Buffer;
  readonly prefix?: Buffer;
  readonly linkName?: Buffer;
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly size: number;
  readonly mtime?: number;
  readonly deviceMajor?: number;
  readonly deviceMinor?: number;
}

/**
 * The header of an entry, as Go's archive/tar and so containerd and BuildKit write it: one ustar block when everything fits, else a PAX
 * header in front, its records sorted. Equal entries give equal bytes. Neither user and group names nor access and change times are written.
 * Errors: TAR_ENTRY_INVALID.
 */
export function encodeTarHeader(entry: TarEntryToWrite): Buffer {
  checkEntry(entry);
  const name = bytesOf(entry.name);
  const linkName = bytesOf(entry.linkName ?? '');
  const records = recordsOf(entry, name, linkName);
  const fields: HeaderFields = {
    typeflag: TYPEFLAGS[entry.kind],
    name,
    linkName,
    mode: entry.mode & 0o7777,
    uid: entry.uid ?? 0,
    gid: entry.gid ?? 0,
    size: entry.sizeBytes ?? 0,
    mtime: entry.mtimeSeconds,
    deviceMajor: entry.deviceMajor ?? 0,
    deviceMinor: entry.deviceMinor ?? 0,
  };
  if (records.size === 0) return encodeBlock(fields);
  const split = splitUstarName(name);
  // A long name alone may still fit ustar, in two parts.
  if (records.size === 1 && records.has('path') && split !== undefined) return encodeBlock({ ...fields, ...split });
  return encodeWithPax(fields, records);
}

function recordsOf(entry: TarEntryToWrite, name: Buffer, linkName: Buffer): Map<string, Uint8Array> {
  const records = new Map<string, Uint8Array>();
  if (!fitsText(name)) records.set('path', name);
  if (!fitsText(linkName)) records.set('linkpath', linkName);
  for (const [key, value] of [
    ['uid', entry.uid ?? 0],
    ['gid', entry.gid ?? 0],
    ['size', entry.sizeBytes ?? 0],
  ] as const) {
    if (!fitsOctal(value, FIELDS[key][1])) records.set(key, Buffer.from(String(value)));
  }
  const nanoseconds = entry.mtimeNanoseconds ?? 0;
  if (nanoseconds !== 0 || !fitsOctal(entry.mtimeSeconds, FIELDS.mtime[1])) {
    records.set('mtime', Buffer.from(formatPaxTime(entry.mtimeSeconds, nanoseconds)));
  }
  for (const [key, value] of entry.xattrs ?? []) records.set(`SCHILY.xattr.${key}`, value);
  return records;
}

function encodeWithPax(fields: HeaderFields, records: ReadonlyMap<string, Uint8Array>): Buffer {
  const payload = formatPaxRecords(records);
  const header = encodeBlock({ typeflag: 'x', name: paxHeaderName(fields.name), mode: 0, size: payload.length });
  return Buffer.concat([header, payload, Buffer.alloc(paddingAfter(payload.length)), encodeBlock(fields)]);
}

/** What readers without PAX unpack the records as: a file in a folder `PaxHeaders.0` beside the entry. */
function paxHeaderName(name: Buffer): Buffer {
  const path = name.toString('latin1');
  const slash = path.lastIndexOf('/') + 1;
  const joined = cleanPath(`${path.slice(0, slash)}/PaxHeaders.0/${path.slice(slash)}`, path.startsWith('/'));
  return Buffer.from(joined.replaceAll(NOT_ASCII, '').slice(0, FIELDS.name[1]).replace(/\/+$/, ''), 'latin1');
}

function cleanPath(path: string, isAbsolute: boolean): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '..' || !isAbsolute) parts.push(part);
  }
  return (isAbsolute ? '/' : '') + parts.join('/') || '.';
}

function encodeBlock(fields: HeaderFields): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  writeText(block, FIELDS.name, fields.name);
  writeOctal(block, FIELDS.mode, fields.mode);
  writeOctal(block, FIELDS.uid, fields.uid ?? 0);
  writeOctal(block, FIELDS.gid, fields.gid ?? 0);
  writeOctal(block, FIELDS.size, fields.size);
  writeOctal(block, FIELDS.mtime, fields.mtime ?? 0);
  block.write(fields.typeflag, FIELDS.typeflag[0], 'latin1');
  if (fields.linkName !== undefined) writeText(block, FIELDS.linkName, fields.linkName);
  block.write('ustar\x0000', FIELDS.magic[0], 'latin1');
  if (fields.typeflag !== 'x') {
    writeOctal(block, FIELDS.deviceMajor, fields.deviceMajor ?? 0);
    writeOctal(block, FIELDS.deviceMinor, fields.deviceMinor ?? 0);
  }
  if (fields.prefix !== undefined) writeText(block, FIELDS.prefix, fields.prefix);
  const checksum = checksumOf(block, 0).toString(8).padStart(6, '0');
  block.write(`${checksum}\0 `, FIELDS.checksum[0], 'latin1');
  return block;
}

function writeText(block: Buffer, [at, length]: readonly [number, number], text: Buffer): void {
  const ascii = isAscii(text) ? text : Buffer.from(asciiOf(text), 'latin1');
  const copied = ascii.copy(block, at, 0, length);
  // Old readers take a cut name that ends with a slash for a folder's.
  if (ascii.length <= length || block[at + length - 1] !== 0x2f) return;
  let end = copied;
  while (end > 0 && block[at + end - 1] === 0x2f) end--;
  block[at + end] = 0;
}

function writeOctal(block: Buffer, [at, length]: readonly [number, number], value: number): void {
  const digits = fitsOctal(value, length) ? value : 0;
  block.write(digits.toString(8).padStart(length - 1, '0'), at, 'latin1');
}

function fitsOctal(value: number, fieldBytes: number): boolean {
  return value >= 0 && value < 8 ** (fieldBytes - 1);
}

function fitsText(text: Buffer): boolean {
  return text.length <= FIELDS.name[1] && isAscii(text);
}

function isAscii(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte >= 0x80) return false;
  return true;
}

function asciiOf(bytes: Buffer): string {
  return bytes.toString('latin1').replaceAll(NOT_ASCII, '');
}

function bytesOf(text: string | Uint8Array): Buffer {
  if (typeof text === 'string') return Buffer.from(text);
  return Buffer.from(text.buffer, text.byteOffset, text.byteLength);
}
