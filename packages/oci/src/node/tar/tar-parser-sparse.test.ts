import { describe, expect, test } from 'vitest';
import { parseTar, paxHeader, paxRecord, rawBlock, rawMember, seal } from './testing/archives.ts';

const END = Buffer.alloc(1024);

function onlyEntry(...parts: readonly Buffer[]) {
  const entries = parseTar(Buffer.concat([...parts, END]));
  expect(entries).toHaveLength(1);
  return entries[0] as (typeof entries)[0];
}

describe('TarParser sparse files', () => {
  const content = `${'a'.repeat(512)}${'b'.repeat(100)}`;
  const expected = Buffer.concat([
    Buffer.alloc(1024),
    Buffer.alloc(512, 'a'),
    Buffer.alloc(488),
    Buffer.alloc(100, 'b'),
    Buffer.alloc(1000),
  ]);
  const sparse = [
    { offset: 1024, length: 512 },
    { offset: 2024, length: 100 },
  ];

  test.each([
    [
      '0.0',
      [
        paxRecord('GNU.sparse.size', '3124'),
        paxRecord('GNU.sparse.numblocks', '2'),
        paxRecord('GNU.sparse.offset', '1024'),
        paxRecord('GNU.sparse.numbytes', '512'),
        paxRecord('GNU.sparse.offset', '2024'),
        paxRecord('GNU.sparse.numbytes', '100'),
      ].join(''),
      '',
    ],
    [
      '0.1',
      [
        paxRecord('GNU.sparse.size', '3124'),
        paxRecord('GNU.sparse.numblocks', '2'),
        paxRecord('GNU.sparse.map', '1024,512,2024,100'),
        paxRecord('GNU.sparse.name', 'file'),
      ].join(''),
      '',
    ],
    [
      '1.0',
      [
        paxRecord('GNU.sparse.name', 'file'),
        paxRecord('GNU.sparse.major', '1'),
        paxRecord('GNU.sparse.minor', '0'),
        paxRecord('GNU.sparse.realsize', '3124'),
        paxRecord('path', 'GNUSparseFile.0/file'),
      ].join(''),
      '2\n1024\n512\n2024\n100\n'.padEnd(512, '\0'),
    ],
  ])('of format %s', (_, records, map) => {
    const entry = onlyEntry(rawMember({ type: 'x' }, records), rawMember({ name: 'other' }, map + content));
    expect(entry).toMatchObject({ sizeBytes: 3124, sparse });
    expect(entry.content.equals(expected)).toBe(true);
  });

  test("of GNU's old format, with blocks that extend the header", () => {
    const octal = (value: number) => `${value.toString(8).padStart(11, '0')}\0`;
    const header = rawBlock({
      type: 'S',
      magic: 'ustar  \0',
      size: content.length,
      patches: [
        [386, octal(1024) + octal(512)],
        [482, '\x01'],
        [483, octal(3124)],
      ],
    });
    const extension = Buffer.alloc(512);
    extension.write(octal(2024) + octal(100), 'latin1');
    const entry = onlyEntry(header, extension, Buffer.from(content.padEnd(1024, '\0')));
    expect(entry).toMatchObject({ sizeBytes: 3124, sparse });
    expect(entry.content.equals(expected)).toBe(true);
    const endless = Buffer.concat([header, seal(Buffer.alloc(512)).fill(0, 0, 504).fill(1, 504, 505)]);
    expect(() => parseTar(endless)).toThrow(/a part of its map is empty/);
  });

  test.each([
    ['overlap', '0,10,5,5'],
    ['leave the file', '0,10,100,10'],
    ['end before their start', '10,10,0,5'],
    ['speak of other bytes than are stored', '0,5'],
    ['are half', '0,10,20'],
  ])('are refused when segments %s', (_, map) => {
    const header = paxHeader({ 'GNU.sparse.size': '100', 'GNU.sparse.map': map });
    expect(() => parseTar(Buffer.concat([header, rawMember({}, 'x'.repeat(20))]))).toThrow(
      expect.objectContaining({ code: 'TAR_INVALID' }),
    );
  });

  test('are refused when of an unknown version', () => {
    const header = paxHeader({ 'GNU.sparse.major': '2', 'GNU.sparse.minor': '0' });
    expect(() => parseTar(Buffer.concat([header, rawBlock({})]))).toThrow(expect.objectContaining({ code: 'TAR_UNSUPPORTED' }));
  });
});
