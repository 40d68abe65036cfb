import { readFile } from 'node:fs/promises';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { entryToWrite, type TarEntryToWrite } from './entry-to-write.ts';
import { createTarWriter } from './tar-writer.ts';
import { arbitraryMembers } from './testing/arbitrary-members.ts';
import { parseTar, tarOf } from './testing/archives.ts';
import type { TarMember } from './write-tar.ts';

const FILE: TarEntryToWrite = { kind: 'file', name: 'file', mode: 0o644, mtimeSeconds: 1 };

interface Case {
  readonly kind: TarEntryToWrite['kind'];
  readonly name: string;
  readonly mode: number;
  readonly link?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly size?: number;
  readonly mtime?: number;
  readonly nano?: number;
  readonly major?: number;
  readonly minor?: number;
  readonly repeat?: number;
  readonly split?: boolean;
  readonly longlink?: number;
  readonly xattrs?: Readonly<Record<string, string>>;
}

function memberOf(row: Case): TarMember {
  const xattrs = new Map(Object.entries(row.xattrs ?? {}).map(([key, value]) => [key, Buffer.from(value, 'hex')]));
  const link = row.link?.repeat(row.longlink ?? 1);
  return {
    entry: {
      kind: row.kind,
      name: nameOf(row),
      ...(link === undefined ? {} : { linkName: link }),
      mode: row.mode,
      uid: row.uid ?? 0,
      gid: row.gid ?? 0,
      sizeBytes: row.size ?? 0,
      mtimeSeconds: row.mtime ?? 0,
      mtimeNanoseconds: row.nano ?? 0,
      deviceMajor: row.major ?? 0,
      deviceMinor: row.minor ?? 0,
      xattrs,
    },
    content: Buffer.alloc(row.size ?? 0, 'x'),
  };
}

function nameOf({ name, repeat, split }: Case): string {
  if (repeat !== undefined) return name.endsWith('/') ? `${'s'.repeat(repeat + 2)}/` : name + 'n'.repeat(repeat);
  if (split !== true) return name;
  const [first, second, third] = name.split('/');
  const filling = 'p'.repeat(90);
  return third === undefined
    ? `${first}/${filling}/${second}`
    : `${first}/${filling}/${second}/${filling}/${name.split('/').slice(2).join('/')}`;
}

describe('writeTar()', () => {
  test("writes byte for byte what Go's archive/tar writes", async () => {
    const folder = new URL('testdata/go-archive-tar/', import.meta.url);
    const rows = JSON.parse(await readFile(new URL('entries.json', folder), 'utf8')) as Case[];
    const ours = await tarOf(rows.map(memberOf));
    expect(ours.equals(await readFile(new URL('result.tar', folder)))).toBe(true);
    expect(parseTar(ours)).toHaveLength(rows.length);
  });

  test('does not depend on the order of extended attributes nor on how content is cut', async () => {
    const xattrs = [
      ['user.b', Buffer.from('b')],
      ['user.a', Buffer.from('a')],
    ] as const;
    const entry = { ...FILE, sizeBytes: 6 };
    const one = await tarOf([{ entry: { ...entry, xattrs: new Map(xattrs) }, content: Buffer.from('abcdef') }]);
    const other = [{ entry: { ...entry, xattrs: new Map([...xattrs].reverse()) }, content: [Buffer.from('ab'), Buffer.from('cdef')] }];
    expect((await tarOf(other)).equals(one)).toBe(true);
  });

  test('gives back what was written, whatever the names, sizes and pieces', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryMembers(), fc.integer({ min: 1, max: 2000 }), async (members, pieceBytes) => {
        const archive = await tarOf(members);
        expect(archive.length % 512).toBe(0);
        const entries = parseTar(archive, { pieceBytes });
        expect(entries).toHaveLength(members.length);
        for (const [index, { entry, content }] of members.entries()) {
          const read = entries[index];
          expect(read?.nameBytes.equals(Buffer.from(entry.name as Uint8Array))).toBe(true);
          expect(read?.linkNameBytes.equals(Buffer.from((entry.linkName ?? '') as string))).toBe(true);
          expect(read?.content.equals(Buffer.from((content ?? '') as Uint8Array))).toBe(true);
          expect(read).toMatchObject({
            kind: entry.kind,
            mode: entry.mode,
            uid: entry.uid,
            gid: entry.gid,
            mtimeSeconds: entry.mtimeSeconds,
            mtimeNanoseconds: entry.mtimeNanoseconds,
            xattrs: entry.xattrs,
          });
        }
      }),
      { numRuns: 60 },
    );
  });

  test('writes what was read from it again, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryMembers(), async (members) => {
        const archive = await tarOf(members);
        const again = await tarOf(parseTar(archive).map((entry) => ({ entry: entryToWrite(entry), content: entry.content })));
        expect(again.equals(archive)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test('writes sizes above 8 GiB', async () => {
    const sizeBytes = 9 * 1024 ** 3;
    const { encodeTarHeader } = await import('./tar-header-encoder.ts');
    const sizes: number[] = [];
    const { TarParser } = await import('./tar-parser.ts');
    const parser = new TarParser({ entry: (entry) => sizes.push(entry.sizeBytes), data() {}, endEntry() {} });
    parser.write(encodeTarHeader({ ...FILE, sizeBytes }));
    expect(sizes).toEqual([sizeBytes]);
  });

  test.each([
    ['without a name', { ...FILE, name: '' }],
    ['with a NUL in its name', { ...FILE, name: 'a\0b' }],
    ['with a closing slash', { ...FILE, name: 'file/' }],
    ['with a target', { ...FILE, linkName: 'x' }],
    ['as a link without one', { ...FILE, kind: 'symlink' as const }],
    ['with a size that only files have', { ...FILE, kind: 'fifo' as const, sizeBytes: 1 }],
    ['with an owner that is none', { ...FILE, uid: 0xffffffff }],
    ['with a device number that does not fit', { ...FILE, kind: 'block-device' as const, deviceMajor: 1 << 21 }],
    ['with a time in fractions', { ...FILE, mtimeSeconds: 1.5 }],
    ['with an attribute PAX can not name', { ...FILE, xattrs: new Map([['user.a=b', Buffer.alloc(1)]]) }],
  ])('refuses an entry %s', async (_, entry) => {
    await expect(tarOf([{ entry }])).rejects.toMatchObject({ code: 'TAR_ENTRY_INVALID' });
  });

  test('refuses content of another size than its entry says', async () => {
    const entry = { ...FILE, sizeBytes: 3 };
    await expect(tarOf([{ entry, content: Buffer.from('ab') }])).rejects.toThrow('its content has 2 bytes, not 3');
    await expect(tarOf([{ entry, content: Buffer.from('abcd') }])).rejects.toThrow('its content has 4 bytes, not 3');
    const streamed = [Buffer.from('abc'), Buffer.from('d')];
    await expect(tarOf([{ entry, content: streamed }])).rejects.toThrow('its content has more than 3 bytes, not 3');
    await expect(tarOf([{ entry, content: streamed.slice(1) }])).rejects.toThrow('its content has 1 bytes, not 3');
    await expect(tarOf([{ entry }])).rejects.toMatchObject({ code: 'TAR_ENTRY_INVALID' });
  });
});

describe('createTarWriter()', () => {
  test('writes the bytes of writeTar() and waits for its sink', async () => {
    const members: TarMember[] = Array.from({ length: 5 }, (_, index) => {
      const content = Buffer.alloc(200_000 * index, String(index));
      return { entry: { ...FILE, name: `file${index}`, sizeBytes: content.length }, content };
    });
    const pieces: Buffer[] = [];
    let busy = 0;
    const writer = createTarWriter(async (bytes) => {
      busy++;
      expect(busy).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      pieces.push(bytes);
      busy--;
    });
    for (const { entry, content } of members) await writer.entry(entry, content);
    await writer.end();
    expect(Buffer.concat(pieces).equals(await tarOf(members))).toBe(true);
  });
});
