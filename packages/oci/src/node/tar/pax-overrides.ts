import { layerError } from '../layer-errors.ts';
import { type PaxRecord, parsePaxRecords } from './pax-records.ts';
import type { TarLimits } from './tar-limits.ts';

export interface PaxTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** What PAX records say instead of the header block that follows them. Buffers are views into the records. */
export interface PaxOverrides {
  path?: Buffer;
  linkPath?: Buffer;
  size?: number;
  uid?: number;
  gid?: number;
  mtime?: PaxTime;
  xattrs?: Map<string, Buffer>;
  sparse?: PaxSparse;
}

/** The `GNU.sparse.*` records: format 1.0 keeps its map in front of the content, the older ones here. */
export interface PaxSparse {
  version: string;
  name?: Buffer;
  realSize?: number;
  /** Offsets and lengths by turns. */
  numbers: number[];
  blockCount?: number;
}

const XATTR = 'SCHILY.xattr.';
const LIBARCHIVE_XATTR = 'LIBARCHIVE.xattr.';
const SPARSE = 'GNU.sparse.';
const DECIMAL = /^\d{1,16}$/;
const TIME = /^(-?)(\d{1,15})(?:\.(\d*))?$/;

/**
 * Reads the records of a local header. An empty value means the block's own one; of equal keys the last counts.
 * Errors: TAR_INVALID, TAR_LIMIT_EXCEEDED, TAR_UNSUPPORTED.
 */
export function parsePaxOverrides(bytes: Buffer, limits: TarLimits): PaxOverrides {
  const overrides: PaxOverrides = {};
  const version: { major?: string; minor?: string } = {};
  for (const record of parsePaxRecords(bytes)) {
    if (record.key.startsWith(SPARSE)) applySparse({ overrides, version, record, limits });
    else if (record.key.includes('.')) applyXattr(overrides, record);
    else applyAttribute(overrides, record, limits);
  }
  if (overrides.sparse !== undefined) {
    overrides.sparse.version = sparseVersion(version);
    // `path` is then a name for readers that do not know sparse files.
    if (overrides.sparse.name !== undefined) overrides.path = overrides.sparse.name;
  }
  return overrides;
}

/**
 * Reads a global header on top of what earlier ones said. Only owner and time are taken: a global name or size would break every entry after
 * it, global extended attributes would be multiplied by the entries, and nobody writes either into a layer.
 */
export function mergeGlobalPax(globals: PaxOverrides, bytes: Buffer, limits: TarLimits): PaxOverrides {
  const { uid, gid, mtime } = parsePaxOverrides(bytes, limits);
  const merged: PaxOverrides = { ...globals };
  if (uid !== undefined) merged.uid = uid;
  if (gid !== undefined) merged.gid = gid;
  if (mtime !== undefined) merged.mtime = mtime;
  return merged;
}

function applyAttribute(overrides: PaxOverrides, { key, value }: PaxRecord, limits: TarLimits): void {
  if (value.length === 0) return;
  switch (key) {
    case 'path':
      overrides.path = nameOf(value, limits);
      return;
    case 'linkpath':
      overrides.linkPath = nameOf(value, limits);
      return;
    case 'size':
      overrides.size = decimalOf(key, value);
      return;
    case 'uid':
      overrides.uid = decimalOf(key, value);
      return;
    case 'gid':
      overrides.gid = decimalOf(key, value);
      return;
    case 'mtime':
      overrides.mtime = timeOf(value);
      return;
    default:
  }
}

function applyXattr(overrides: PaxOverrides, { key, value }: PaxRecord): void {
  if (key.startsWith(XATTR)) {
    overrides.xattrs ??= new Map();
    overrides.xattrs.set(key.slice(XATTR.length), value);
  } else if (key.startsWith(LIBARCHIVE_XATTR)) {
    // bsdtar writes both forms; the plain one is exact.
    const name = unescapeName(key.slice(LIBARCHIVE_XATTR.length));
    overrides.xattrs ??= new Map();
    if (!overrides.xattrs.has(name)) overrides.xattrs.set(name, Buffer.from(value.toString('latin1'), 'base64'));
  }
}

function unescapeName(name: string): string {
  const bytes = name.replaceAll(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  return bytes === name ? name : Buffer.from(bytes, 'latin1').toString('utf8');
}

interface SparseRecord {
  readonly overrides: PaxOverrides;
  readonly version: { major?: string; minor?: string };
  readonly record: PaxRecord;
  readonly limits: TarLimits;
}

function applySparse({ overrides, version, record: { key, value }, limits }: SparseRecord): void {
  overrides.sparse ??= { version: '', numbers: [] };
  const { sparse } = overrides;
  switch (key.slice(SPARSE.length)) {
    case 'major':
      version.major = value.toString('latin1');
      return;
    case 'minor':
      version.minor = value.toString('latin1');
      return;
    case 'name':
      if (value.length > 0) sparse.name = nameOf(value, limits);
      return;
    case 'size':
    case 'realsize':
      sparse.realSize = decimalOf(key, value);
      return;
    case 'numblocks':
      sparse.blockCount = decimalOf(key, value);
      return;
    case 'offset':
    case 'numbytes':
      // Format 0.0: pairs, in this order.
      if ((sparse.numbers.length % 2 === 0) !== key.endsWith('offset')) throw invalid(key, 'it is out of turn');
      sparse.numbers.push(decimalOf(key, value));
      break;
    case 'map':
      if (sparse.numbers.length > 0) throw invalid(key, 'there are two maps');
      sparse.numbers = mapOf(key, value, limits);
      break;
    default:
  }
  if (sparse.numbers.length > 2 * limits.sparseSegments) throw tooManySegments(limits);
}

function mapOf(key: string, value: Buffer, limits: TarLimits): number[] {
  if (value.length === 0) return [];
  // Counted before the text is split.
  let commas = 0;
  for (const byte of value) if (byte === 0x2c) commas++;
  if (commas >= 2 * limits.sparseSegments) throw tooManySegments(limits);
  return value
    .toString('latin1')
    .split(',')
    .map((number) => parseDecimal(key, number));
}

function sparseVersion({ major, minor }: { major?: string; minor?: string }): string {
  if (major === undefined && minor === undefined) return '0.x';
  if (major === '0' && (minor === '0' || minor === '1')) return '0.x';
  if (major === '1' && minor === '0') return '1.0';
  throw layerError(
    'TAR_UNSUPPORTED',
    `Cannot read a sparse file: version ${JSON.stringify(`${major}.${minor}`)} of GNU's format is unknown`,
  );
}

function nameOf(value: Buffer, limits: TarLimits): Buffer {
  if (value.includes(0)) throw layerError('TAR_INVALID', 'Cannot read a PAX header: a name holds a NUL byte');
  if (value.length > limits.nameBytes) {
    throw layerError('TAR_LIMIT_EXCEEDED', `Cannot read a PAX header: a name has ${value.length} bytes, ${limits.nameBytes} are allowed`);
  }
  return value;
}

function decimalOf(key: string, value: Buffer): number {
  return parseDecimal(key, value.length > 32 ? '' : value.toString('latin1'));
}

function parseDecimal(key: string, text: string): number {
  const number = DECIMAL.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw invalid(key, 'it is not a decimal number below 2^53');
  return number;
}

function timeOf(value: Buffer): PaxTime {
  const match = value.length > 64 ? null : TIME.exec(value.toString('latin1'));
  if (match === null) throw invalid('mtime', 'it is not a number of seconds');
  const seconds = Number(match[2]);
  const nanoseconds = Number((match[3] ?? '').slice(0, 9).padEnd(9, '0'));
  if (match[1] === '') return { seconds, nanoseconds };
  return nanoseconds === 0 ? { seconds: 0 - seconds, nanoseconds } : { seconds: -seconds - 1, nanoseconds: 1_000_000_000 - nanoseconds };
}

function invalid(key: string, why: string): Error {
  return layerError('TAR_INVALID', `Cannot read the PAX record ${JSON.stringify(key)}: ${why}`);
}

function tooManySegments(limits: TarLimits): Error {
  return layerError('TAR_LIMIT_EXCEEDED', `Cannot read a sparse file: it has more than ${limits.sparseSegments} segments`);
}
