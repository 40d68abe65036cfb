import { layerError } from '../layer-errors.ts';
import type { PaxOverrides } from './pax-overrides.ts';
import { FIELDS, type Field, readNumber, readText } from './tar-block.ts';
import type { TarEntry, TarEntryKind } from './tar-entry.ts';

/** An entry whose size is not known from its header block alone. */
export type UnsizedEntry = Omit<TarEntry, 'sizeBytes'> & { sizeBytes: number };

/** What came in front of a header block and stands for the same entry. */
export interface HeaderContext {
  readonly globals: PaxOverrides;
  readonly local: PaxOverrides | undefined;
  /** GNU's `L` and `K`: they win over PAX records. */
  readonly longName: Buffer | undefined;
  readonly longLink: Buffer | undefined;
}

export type TarFormat = 'v7' | 'ustar' | 'star' | 'gnu';

const NO_BYTES = Buffer.alloc(0);
const NO_XATTRS: ReadonlyMap<string, Buffer> = new Map();
/** The kernel reads the next one as "leave the owner as it is". */
const MAX_ID = 0xff_ff_ff_fe;

const KINDS: Readonly<Record<string, TarEntryKind>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character-device',
  '4': 'block-device',
  '5': 'folder',
  '6': 'fifo',
  '7': 'file',
  S: 'file',
  D: 'folder',
};

export function formatOf(bytes: Buffer, at: number): TarFormat {
  const magic = bytes.toString('latin1', at + 257, at + 265);
  if (magic === 'ustar  \0') return 'gnu';
  if (!magic.startsWith('ustar\0')) return 'v7';
  return bytes.toString('latin1', at + 508, at + 512) === 'tar\0' ? 'star' : 'ustar';
}

/** Undefined for types that are not read. */
export function kindOfType(typeflag: string): TarEntryKind | undefined {
  return KINDS[typeflag];
}

/** Bytes of content that follow the header, whatever its type. Errors: TAR_INVALID. */
export function readStoredSize(bytes: Buffer, at: number): number {
  const size = requireNumber(bytes, at, 'size');
  if (size < 0) throw invalid('size', 'it is negative');
  return size;
}

export interface HeaderPlace {
  readonly bytes: Buffer;
  readonly at: number;
  readonly kind: TarEntryKind;
}

/** An entry as its header block and what came in front of it describe it, `sizeBytes` still to be set. Errors: TAR_INVALID. */
export function readEntry({ bytes, at, kind: declaredKind }: HeaderPlace, context: HeaderContext): UnsizedEntry {
  const { globals, local } = context;
  const nameBytes = context.longName ?? local?.path ?? readName(bytes, at);
  // Tars from before POSIX have no type for folders.
  const isOldFolder = bytes[at + FIELDS.typeflag[0]] === 0 && nameBytes[nameBytes.length - 1] === 0x2f;
  const kind = isOldFolder ? 'folder' : declaredKind;
  const isLink = kind === 'symlink' || kind === 'hardlink';
  const linkNameBytes = isLink ? (context.longLink ?? local?.linkPath ?? Buffer.from(readField(bytes, at, 'linkName'))) : NO_BYTES;
  const isDevice = kind === 'character-device' || kind === 'block-device';
  const mtime = local?.mtime ?? globals.mtime;
  return {
    kind,
    name: nameBytes.toString(),
    nameBytes,
    linkName: isLink ? linkNameBytes.toString() : '',
    linkNameBytes,
    mode: requireNumber(bytes, at, 'mode') & 0o7777,
    uid: checkId('uid', local?.uid ?? globals.uid ?? requireNumber(bytes, at, 'uid')),
    gid: checkId('gid', local?.gid ?? globals.gid ?? requireNumber(bytes, at, 'gid')),
    sizeBytes: 0,
    mtimeSeconds: mtime === undefined ? requireNumber(bytes, at, 'mtime') : mtime.seconds,
    mtimeNanoseconds: mtime === undefined ? 0 : mtime.nanoseconds,
    deviceMajor: isDevice ? requireNumber(bytes, at, 'deviceMajor') : 0,
    deviceMinor: isDevice ? requireNumber(bytes, at, 'deviceMinor') : 0,
    xattrs: local?.xattrs ?? NO_XATTRS,
  };
}

function readName(bytes: Buffer, at: number): Buffer {
  const name = readField(bytes, at, 'name');
  if (bytes[at + FIELDS.prefix[0]] === 0) return Buffer.from(name);
  const format = formatOf(bytes, at);
  if (format !== 'ustar' && format !== 'star') return Buffer.from(name);
  const prefix = readField(bytes, at, format === 'star' ? 'starPrefix' : 'prefix');
  return Buffer.concat([prefix, Buffer.from('/'), name]);
}

function readField(bytes: Buffer, at: number, field: keyof typeof FIELDS): Buffer {
  const [offset, length] = FIELDS[field];
  return readText(bytes, at + offset, length);
}

function requireNumber(bytes: Buffer, at: number, field: keyof typeof FIELDS): number {
  const [offset, length]: Field = FIELDS[field];
  const number = readNumber(bytes, at + offset, length);
  if (number === undefined) throw invalid(field, 'it is not a number below 2^53');
  return number;
}

function checkId(field: string, id: number): number {
  if (id < 0 || id > MAX_ID) throw invalid(field, `${id} is not between 0 and ${MAX_ID}`);
  return id;
}

function invalid(field: string, why: string): Error {
  return layerError('TAR_INVALID', `Cannot read the field "${field}" of a tar header: ${why}`);
}
