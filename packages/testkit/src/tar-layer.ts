import { testkitError } from './errors.ts';

export type LayerEntryType = 'file' | 'folder' | 'symlink' | 'hardlink';

/** One file of a fixture layer. A path that ends in `/` is a folder; one with `linkTarget` is a symbolic link unless `type` says otherwise. */
export interface LayerEntry {
  readonly path: string;
  readonly type?: LayerEntryType;
  readonly content?: string | Uint8Array;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtimeSeconds?: number;
  readonly linkTarget?: string;
}

const BLOCK_BYTES = 512;
const TYPE_FLAGS: Readonly<Record<LayerEntryType, string>> = { file: '0', hardlink: '1', symlink: '2', folder: '5' };
const DEFAULT_MODES: Readonly<Record<LayerEntryType, number>> = { file: 0o644, hardlink: 0o644, symlink: 0o777, folder: 0o755 };

/** A POSIX tar (ustar, with pax records for long names) of the entries in the given order. The same entries give the same bytes. */
export function buildTar(entries: readonly LayerEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(encodeEntry), Buffer.alloc(2 * BLOCK_BYTES)]);
}

function encodeEntry(entry: LayerEntry): Buffer[] {
  const type = typeOf(entry);
  const content = type === 'file' ? Buffer.from(entry.content ?? '') : Buffer.alloc(0);
  const path = type === 'folder' && !entry.path.endsWith('/') ? `${entry.path}/` : entry.path;
  const linkTarget = entry.linkTarget ?? '';
  const records = [paxRecord('path', path), paxRecord('linkpath', linkTarget)].join('');
  const pax =
    records === '' ? [] : [encodeHeader({ path: 'PaxHeader', flag: 'x', size: records.length }), ...encodeBody(Buffer.from(records))];
  const header = encodeHeader({
    path: path.slice(-100),
    flag: TYPE_FLAGS[type],
    size: content.length,
    mode: entry.mode ?? DEFAULT_MODES[type],
    uid: entry.uid ?? 0,
    gid: entry.gid ?? 0,
    mtime: entry.mtimeSeconds ?? 0,
    linkTarget: linkTarget.slice(-100),
  });
  return [...pax, header, ...encodeBody(content)];
}

function typeOf(entry: LayerEntry): LayerEntryType {
  if (entry.path === '' || entry.path.includes('\0'))
    throw testkitError('FIXTURE_INVALID', `Cannot add "${entry.path}" to a layer: not a path`);
  if (entry.type !== undefined) return entry.type;
  if (entry.linkTarget !== undefined) return 'symlink';
  return entry.path.endsWith('/') ? 'folder' : 'file';
}

function paxRecord(name: string, value: string): string {
  if (Buffer.byteLength(value) <= 100) return '';
  if (Buffer.byteLength(value) !== value.length)
    throw testkitError('FIXTURE_INVALID', `Cannot add "${value}": long names must be ASCII here`);
  const tail = ` ${name}=${value}\n`;
  let size = tail.length + 1;
  while (String(size).length + tail.length !== size) size += 1;
  return `${size}${tail}`;
}

interface HeaderFields {
  readonly path: string;
  readonly flag: string;
  readonly size: number;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  readonly linkTarget?: string;
}

function encodeHeader(fields: HeaderFields): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, offset: number, width: number) =>
    header.write(value.toString(8).padStart(width - 1, '0'), offset, 'latin1');
  header.write(fields.path, 0, 100, 'utf8');
  octal(fields.mode ?? 0o644, 100, 8);
  octal(fields.uid ?? 0, 108, 8);
  octal(fields.gid ?? 0, 116, 8);
  octal(fields.size, 124, 12);
  octal(fields.mtime ?? 0, 136, 12);
  header.write('        ', 148, 'latin1');
  header.write(fields.flag, 156, 'latin1');
  header.write(fields.linkTarget ?? '', 157, 100, 'utf8');
  header.write('ustar\u000000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

function encodeBody(content: Buffer): Buffer[] {
  const padding = (BLOCK_BYTES - (content.length % BLOCK_BYTES)) % BLOCK_BYTES;
  return [content, Buffer.alloc(padding)];
}
