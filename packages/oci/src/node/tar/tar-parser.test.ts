import { describe, expect, test } from 'vitest';
import { BLOCK_BYTES, FIELDS } from './tar-block.ts';
import { TarParser } from './tar-parser.ts';
import { parseTar, paxHeader, paxRecord, rawBlock, rawMember } from './testing/archives.ts';

const END = Buffer.alloc(2 * BLOCK_BYTES);

function onlyEntry(...parts: readonly Buffer[]) {
  const entries = parseTar(Buffer.concat([...parts, END]));
  expect(entries).toHaveLength(1);
  return entries[0] as (typeof entries)[0];
}

function base256(value: bigint, bytes: number): string {
  const field = Buffer.alloc(bytes);
  let rest = BigInt.asUintN(bytes * 8, value);
  for (let at = bytes - 1; at >= 0; at--, rest >>= 8n) field[at] = Number(rest & 0xffn);
  field[0] = (field[0] as number) | 0x80;
  return field.toString('latin1');
}

describe('TarParser header blocks', () => {
  test('joins the prefix of ustar, and of star up to its times', () => {
    expect(onlyEntry(rawBlock({ patches: [[345, 'a/b']] })).name).toBe('a/b/file');
    const star = rawBlock({
      patches: [
        [345, 'a/b'],
        [476, '00000000001\0'],
        [488, '00000000001\0'],
        [508, 'tar\0'],
      ],
    });
    expect(onlyEntry(star).name).toBe('a/b/file');
  });

  test("takes no prefix from GNU's header, which keeps times there, nor from v7", () => {
    expect(onlyEntry(rawBlock({ magic: 'ustar  \0', patches: [[345, '14000000000\0']] })).name).toBe('file');
    expect(onlyEntry(rawBlock({ magic: '', patches: [[345, 'old content']] })).name).toBe('file');
  });

  test('reads a v7 name that ends with a slash as a folder', () => {
    expect(onlyEntry(rawBlock({ name: 'folder/', type: '\0', magic: '' }))).toMatchObject({ kind: 'folder', name: 'folder/' });
    expect(onlyEntry(rawMember({ type: '\0', magic: '' }, 'abc'))).toMatchObject({ kind: 'file', sizeBytes: 3 });
  });

  test('accepts a checksum of signed bytes, and no wrong one', () => {
    const block = rawBlock({ name: 'caf\xe9' });
    const unsigned = Number.parseInt(block.toString('latin1', 148, 154), 8);
    block.write((unsigned - 256).toString(8).padStart(6, '0'), 148, 'latin1');
    expect(onlyEntry(block).nameBytes).toEqual(Buffer.from('caf\xe9', 'latin1'));
    block.write((unsigned - 255).toString(8).padStart(6, '0'), 148, 'latin1');
    expect(() => onlyEntry(block)).toThrow(/at byte 0 the checksum/);
  });

  test('reads numbers in base 256, negative times among them', () => {
    const block = rawBlock({
      patches: [
        [FIELDS.uid[0], base256(0x12345678n, 8)],
        [FIELDS.mtime[0], base256(-5n, 12)],
      ],
    });
    expect(onlyEntry(block)).toMatchObject({ uid: 0x12345678, mtimeSeconds: -5, mtimeNanoseconds: 0 });
  });

  test('refuses numbers that are none, too large or no owner', () => {
    const patches: Array<readonly [number, string]> = [
      [FIELDS.mode[0], '00x0644\0'],
      [FIELDS.uid[0], base256(-1n, 8)],
      [FIELDS.gid[0], base256(0xffffffffn, 8)],
      [FIELDS.size[0], base256(-1n, 12)],
      [FIELDS.size[0], base256(1n << 60n, 12)],
      [FIELDS.mtime[0], '99999999999\0'],
    ];
    for (const patch of patches) {
      expect(() => parseTar(rawBlock({ patches: [patch] })), JSON.stringify(patch)).toThrow(
        expect.objectContaining({ code: 'TAR_INVALID' }),
      );
    }
  });

  test('keeps twelve bits of the mode, and device numbers only of devices', () => {
    const patches = [
      [FIELDS.mode[0], '0106755\0'],
      [329, '0000010\0'],
      [337, '0000001\0'],
    ] as const;
    expect(onlyEntry(rawBlock({ patches }))).toMatchObject({ mode: 0o6755, deviceMajor: 0, deviceMinor: 0 });
    expect(onlyEntry(rawBlock({ patches, type: '4' }))).toMatchObject({ kind: 'block-device', deviceMajor: 8, deviceMinor: 1 });
  });

  test('ignores the size of what has no content', () => {
    for (const type of ['1', '2', '3', '4', '5', '6']) {
      const entries = parseTar(
        Buffer.concat([rawBlock({ type, size: 5000, patches: [[157, 'target']] }), rawBlock({ name: 'next' }), END]),
      );
      expect(entries.map(({ name, sizeBytes }) => [name, sizeBytes])).toEqual([
        ['file', 0],
        ['next', 0],
      ]);
    }
  });

  test('skips a label and a dumped list of names, refuses other volumes and unknown types', () => {
    expect(onlyEntry(rawMember({ type: 'V', name: 'label' }, 'x'.repeat(600)), rawBlock({}))).toMatchObject({ name: 'file' });
    expect(onlyEntry(rawMember({ type: 'D', name: 'dumped/' }, 'Yname\0\0'))).toMatchObject({ kind: 'folder', sizeBytes: 0 });
    for (const type of ['M', 'N', 'A', '9', '\xff']) {
      expect(() => parseTar(rawBlock({ type }))).toThrow(expect.objectContaining({ code: 'TAR_UNSUPPORTED' }));
    }
  });
});

describe('TarParser long names', () => {
  test("takes GNU's over PAX's, once", () => {
    const long = 'd/'.repeat(300) + 'name';
    const entries = parseTar(
      Buffer.concat([
        paxHeader({ path: 'pax', linkpath: 'pax-link' }),
        rawMember({ type: 'L', magic: 'ustar  \0' }, `${long}\0`),
        rawMember({ type: 'K', magic: 'ustar  \0' }, `${long}-link\0`),
        rawBlock({ type: '2' }),
        rawBlock({ name: 'next' }),
        END,
      ]),
    );
    expect(entries.map(({ name, linkName }) => [name, linkName])).toEqual([
      [long, `${long}-link`],
      ['next', ''],
    ]);
  });

  test('keeps bytes that are not UTF-8', () => {
    const entry = onlyEntry(paxHeader({ path: 'a\xff\xfe' }), rawBlock({}));
    expect(entry.nameBytes).toEqual(Buffer.from([0x61, 0xff, 0xfe]));
    expect(entry.name).toBe('a\ufffd\ufffd');
  });
});

describe('TarParser PAX records', () => {
  test('override the block, extended attributes in both spellings included', () => {
    const entry = onlyEntry(
      paxHeader({
        path: 'p',
        uid: '3000000000',
        gid: '7',
        mtime: '-1.25',
        'LIBARCHIVE.xattr.user.a%20b': 'AAE=',
        'LIBARCHIVE.xattr.user.c': 'AAE=',
        'SCHILY.xattr.user.c': '\0\n=',
        comment: 'nothing to see',
      }),
      rawBlock({}),
    );
    expect(entry).toMatchObject({ name: 'p', uid: 3_000_000_000, gid: 7, mtimeSeconds: -2, mtimeNanoseconds: 750_000_000 });
    expect([...entry.xattrs]).toEqual([
      ['user.a b', Buffer.from([0, 1])],
      ['user.c', Buffer.from('\0\n=')],
    ]);
  });

  test('give the size that counts, and mean the block when empty', () => {
    const entries = parseTar(Buffer.concat([paxHeader({ size: '3', path: '' }), rawBlock({}), Buffer.alloc(512, 'abc'), END]));
    expect(entries).toMatchObject([{ name: 'file', sizeBytes: 3, content: Buffer.from('abc') }]);
  });

  test('of a global header hold until they are replaced: owner and time, nothing else', () => {
    const entries = parseTar(
      Buffer.concat([
        paxHeader({ uid: '5', mtime: '9', path: 'all', size: '1', 'SCHILY.xattr.user.g': 'g' }, 'g'),
        rawBlock({ name: 'a' }),
        paxHeader({ uid: '6' }),
        rawBlock({ name: 'b' }),
        paxHeader({ uid: '7' }, 'g'),
        rawBlock({ name: 'c' }),
        END,
      ]),
    );
    expect(entries.map(({ name, uid, mtimeSeconds, sizeBytes }) => [name, uid, mtimeSeconds, sizeBytes])).toEqual([
      ['a', 5, 9, 0],
      ['b', 6, 9, 0],
      ['c', 7, 9, 0],
    ]);
    expect(entries.every(({ xattrs }) => xattrs.size === 0)).toBe(true);
  });

  test.each([
    ['no length', 'path=x\n'],
    ['too short a length', '5 path=x\n'],
    ['too long a length', '50 path=x\n'],
    ['no line feed', '9 path=xy'],
    ['no =', '7 pathx\n'],
    ['a NUL in a name', paxRecord('path', 'a\0b')],
    ['a size that is no number', paxRecord('size', '1e3')],
    ['a size above 2^53', paxRecord('size', '9007199254740992')],
    ['a negative size', paxRecord('size', '-1')],
    ['a time that is none', paxRecord('mtime', 'now')],
    ['no owner', paxRecord('uid', '4294967295')],
  ])('are refused with %s', (_, records) => {
    const archive = Buffer.concat([rawMember({ type: 'x' }, records), rawBlock({}), END]);
    expect(() => parseTar(archive)).toThrow(expect.objectContaining({ code: 'TAR_INVALID' }));
  });
});

describe('TarParser ends', () => {
  const file = rawMember({}, 'x'.repeat(700));

  test('after two blocks of zeros, whatever follows', () => {
    const parser = new TarParser({ entry() {}, data() {}, endEntry() {} });
    parser.write(Buffer.concat([file, END]));
    expect(parser.isEnded).toBe(true);
    parser.write(Buffer.from('garbage'));
    parser.end();
    expect(parser.position).toBe(file.length + END.length + 7);
  });

  test('without them, with one, without the last padding, and as nothing at all', () => {
    for (const archive of [file, Buffer.concat([file, END.subarray(512)]), file.subarray(0, 512 + 700)])
      expect(parseTar(archive)).toHaveLength(1);
    expect(parseTar(Buffer.alloc(0))).toEqual([]);
  });

  test('nowhere else', () => {
    for (const length of [1, 511, 513, 512 + 699]) {
      expect(() => parseTar(file.subarray(0, length)), String(length)).toThrow(expect.objectContaining({ code: 'TAR_TRUNCATED' }));
    }
    for (const archive of [paxHeader({ path: 'x' }), rawMember({ type: 'L' }, 'name')]) {
      expect(() => parseTar(archive)).toThrow(expect.objectContaining({ code: 'TAR_TRUNCATED' }));
      expect(() => parseTar(Buffer.concat([archive, END]))).toThrow(expect.objectContaining({ code: 'TAR_INVALID' }));
    }
    const afterZeros = Buffer.concat([file, Buffer.alloc(512), file]);
    expect(() => parseTar(afterZeros)).toThrow(/at byte 2048 something follows the block of zeros/);
  });
});

describe('TarParser limits', () => {
  const refused = expect.objectContaining({ code: 'TAR_LIMIT_EXCEEDED' });

  test('hold before anything is buffered', () => {
    expect(() => parseTar(rawBlock({ type: 'x', size: 1024 * 1024 + 1 }))).toThrow(refused);
    expect(() => parseTar(rawBlock({ type: 'L', size: 2 ** 33 - 1 }))).toThrow(refused);
    expect(() => parseTar(Buffer.concat([paxHeader({ path: 'n'.repeat(5000) }), rawBlock({})]))).toThrow(refused);
    expect(() => parseTar(Buffer.concat([rawBlock({}), rawBlock({})]), { entries: 1 })).toThrow(refused);
  });

  test('hold for all global headers together', () => {
    const global = paxHeader({ comment: 'x'.repeat(400) }, 'g');
    expect(() => parseTar(Buffer.concat([global, global, global]), { paxBytes: 1000 })).toThrow(refused);
  });

  test('hold for sparse maps of every format', () => {
    const limits = { sparseSegments: 3 };
    const map = paxHeader({ 'GNU.sparse.map': '0,0,0,0,0,0,0,0' });
    expect(() => parseTar(map, limits)).toThrow(refused);
    const header = paxHeader({ 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0' });
    expect(() => parseTar(Buffer.concat([header, rawMember({}, '4\n'.padEnd(512, '\0'))]), limits)).toThrow(refused);
  });
});
