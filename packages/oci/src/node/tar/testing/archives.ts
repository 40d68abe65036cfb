import { BLOCK_BYTES, checksumOf, FIELDS, paddingAfter } from '../tar-block.ts';
import type { TarEntry } from '../tar-entry.ts';
import { TarParser, type TarParserOptions } from '../tar-parser.ts';
import { type TarMember, writeTar } from '../write-tar.ts';

// Archives made by hand, and archives read whole.

export interface ParsedEntry extends TarEntry {
  /** Holes filled. */
  readonly content: Buffer;
}

export interface ParseOptions extends TarParserOptions {
  /** The archive is pushed in pieces of this size. */
  readonly pieceBytes?: number;
}

/** Every entry with its content. A sparse file must be small. */
export function parseTar(bytes: Uint8Array, { pieceBytes = 65_536, ...options }: ParseOptions = {}): ParsedEntry[] {
  const entries: ParsedEntry[] = [];
  const parser = new TarParser(
    {
      entry: (entry) => entries.push({ ...entry, content: Buffer.alloc(entry.sizeBytes) }),
      data: (data, offset) => {
        data.copy(entries.at(-1)?.content ?? Buffer.alloc(0), offset);
      },
      endEntry() {},
    },
    options,
  );
  for (let at = 0; at < bytes.length; at += pieceBytes) parser.write(Uint8Array.from(bytes.subarray(at, at + pieceBytes)));
  parser.end();
  return entries;
}

export async function tarOf(members: readonly TarMember[]): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of writeTar(members)) pieces.push(piece);
  return Buffer.concat(pieces);
}

export interface RawBlock {
  readonly name?: string;
  readonly type?: string;
  readonly size?: number;
  readonly magic?: string;
  /** Bytes to put at places of the block before it gets its checksum. */
  readonly patches?: ReadonlyArray<readonly [offset: number, text: string]>;
}

/** A header block as told, right or wrong. */
export function rawBlock({ name = 'file', type = '0', size = 0, magic = 'ustar\x0000', patches = [] }: RawBlock): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write(name, 0, 'latin1');
  block.write('0000644\0', FIELDS.mode[0], 'latin1');
  block.write('0000000\0', FIELDS.uid[0], 'latin1');
  block.write('0000000\0', FIELDS.gid[0], 'latin1');
  block.write(`${size.toString(8).padStart(11, '0')}\0`, FIELDS.size[0], 'latin1');
  block.write('00000000001\0', FIELDS.mtime[0], 'latin1');
  block.write(type, FIELDS.typeflag[0], 'latin1');
  block.write(magic, FIELDS.magic[0], 'latin1');
  for (const [offset, text] of patches) block.write(text, offset, 'latin1');
  return seal(block);
}

/** Writes the checksum that fits. */
export function seal(block: Buffer): Buffer {
  block.write(`${checksumOf(block, 0).toString(8).padStart(6, '0')}\0 `, FIELDS.checksum[0], 'latin1');
  return block;
}

/** A header with its payload, filled up to whole blocks. */
export function rawMember(block: RawBlock, payload: string | Uint8Array = ''): Buffer {
  const bytes = Buffer.from(payload as string, 'latin1');
  return Buffer.concat([rawBlock({ size: bytes.length, ...block }), bytes, Buffer.alloc(paddingAfter(bytes.length))]);
}

export function paxRecord(key: string, value: string): string {
  for (let length = key.length + value.length + 4; ; length++) {
    const record = `${length} ${key}=${value}\n`;
    if (record.length === length) return record;
  }
}

export function paxHeader(records: Readonly<Record<string, string>>, type: 'x' | 'g' = 'x'): Buffer {
  const payload = Object.entries(records).map(([key, value]) => paxRecord(key, value));
  return rawMember({ name: 'PaxHeaders.0/file', type }, payload.join(''));
}
