import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, link, mkdir, mkdtemp, open, readFile, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TarParser } from './tar-parser.ts';
import { type ParsedEntry, parseTar, tarOf } from './testing/archives.ts';
import type { TarMember } from './write-tar.ts';

const LONG = 'd'.repeat(90);
const MTIME = 1_700_000_000;

function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

const hasGnuTar = isInstalled('tar') && execFileSync('tar', ['--version'], { encoding: 'utf8' }).includes('GNU tar');
const hasBsdtar = isInstalled('bsdtar');
const withoutGnuTar = hasGnuTar ? '' : ' [skipped: GNU tar is not installed]';
const withoutBsdtar = hasBsdtar ? '' : ' [skipped: bsdtar is not installed, Debian package libarchive-tools]';

let folder = '';
let tree = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-tar-'));
  tree = join(folder, 'tree');
  await mkdir(join(tree, LONG, LONG), { recursive: true });
  await writeFile(join(tree, 'file'), 'content\n');
  await writeFile(join(tree, LONG, LONG, 'deep'), 'deep\n');
  await writeFile(join(tree, 'ümlaut'), 'u\n');
  await writeFile(Buffer.concat([Buffer.from(`${tree}/raw-`), Buffer.from([0xff, 0xfe])]), 'raw\n');
  await link(join(tree, 'file'), join(tree, 'hardlink'));
  await symlink('../somewhere/else', join(tree, 'symlink'));
  await symlink('t'.repeat(150), join(tree, 'long-symlink'));
  await chmod(join(tree, 'file'), 0o4755);
  const sparse = await open(join(tree, 'sparse'), 'w');
  for (let index = 0; index < 60; index++) await sparse.write(`run ${index}`.padEnd(4096, '.'), index * 65_536);
  await sparse.close();
  await truncate(join(tree, 'sparse'), 60 * 65_536);
  await utimes(join(tree, 'file'), MTIME, MTIME + 0.25);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function gnuTar(...args: readonly string[]): Buffer {
  return execFileSync('tar', ['-C', tree, '--sort=name', ...args], { maxBuffer: 2 ** 28, env: { ...process.env, LC_ALL: 'C' } });
}

function byName(entries: readonly ParsedEntry[]): Map<string, ParsedEntry> {
  return new Map(entries.map((entry) => [entry.nameBytes.toString('latin1').replace(/^\.\//, ''), entry]));
}

async function expectTree(entries: readonly ParsedEntry[], { hasLongNames }: { hasLongNames: boolean }): Promise<void> {
  const read = byName(entries);
  const sparse = read.get('sparse');
  expect(sparse?.content.equals(await readFile(join(tree, 'sparse')))).toBe(true);
  expect(read.get('raw-\xff\xfe')?.content.toString()).toBe('raw\n');
  expect(read.get(Buffer.from('ümlaut').toString('latin1'))?.content.toString()).toBe('u\n');
  expect(read.get('symlink')).toMatchObject({ kind: 'symlink', linkName: '../somewhere/else' });
  const linked = ['file', 'hardlink'].map((name) => read.get(name));
  expect(new Set(linked.map((entry) => entry?.kind))).toEqual(new Set(['file', 'hardlink']));
  const file = linked.find((entry) => entry?.kind === 'file');
  expect(file).toMatchObject({ mode: 0o4755, mtimeSeconds: MTIME });
  expect(file?.content.toString()).toBe('content\n');
  if (!hasLongNames) return;
  expect(read.get(`${LONG}/${LONG}/deep`)?.content.toString()).toBe('deep\n');
  expect(read.get('long-symlink')?.linkName).toBe('t'.repeat(150));
}

describe.skipIf(!hasGnuTar)(`TarParser, given what GNU tar writes${withoutGnuTar}`, () => {
  test.each([
    ['gnu', ['--format=gnu'], true],
    ['gnu, sparse', ['--format=gnu', '--sparse'], true],
    ['pax', ['--format=pax'], true],
    ['pax, sparse 0.0', ['--format=pax', '--sparse', '--sparse-version=0.0'], true],
    ['pax, sparse 0.1', ['--format=pax', '--sparse', '--sparse-version=0.1'], true],
    ['pax, sparse 1.0', ['--format=pax', '--sparse', '--sparse-version=1.0'], true],
    ['ustar', ['--format=ustar', '--exclude=long-symlink'], false],
    ['v7', ['--format=v7', '--exclude=long-symlink', `--exclude=${LONG}`], false],
    ['oldgnu, sparse', ['--format=oldgnu', '--sparse'], true],
  ])('reads the format %s', async (_, flags, hasLongNames) => {
    const archive = gnuTar(...flags, '-cf', '-', '.');
    await expectTree(parseTar(archive), { hasLongNames });
    await expectTree(parseTar(archive, { pieceBytes: 777 }), { hasLongNames });
    if (flags.includes('--sparse')) expect(byName(parseTar(archive)).get('sparse')?.sparse).toHaveLength(60);
  });

  test('reads nanoseconds, devices, owners and global records', async () => {
    const flags = ['--format=pax', '--owner=:3000000', '--group=:7', '--pax-option=globexthdr.name=g,comment=x'];
    const [entry] = parseTar(gnuTar(...flags, '-cf', '-', 'file'));
    expect(entry).toMatchObject({ name: 'file', uid: 3_000_000, gid: 7, mtimeSeconds: MTIME, mtimeNanoseconds: 250_000_000 });
    const devices = parseTar(execFileSync('tar', ['-C', '/', '-cf', '-', 'dev/null']));
    expect(devices).toMatchObject([{ kind: 'character-device', deviceMajor: 1, deviceMinor: 3 }]);
  });

  test('reads a sparse file of more than 8 GiB in both formats', async () => {
    const path = join(folder, 'huge');
    const handle = await open(path, 'w');
    await handle.write('end', 9 * 1024 ** 3);
    await handle.close();
    for (const format of ['gnu', 'pax']) {
      const archive = execFileSync('tar', ['-C', folder, `--format=${format}`, '--sparse', '-cf', '-', 'huge'], { maxBuffer: 2 ** 28 });
      const seen: Array<[number, number]> = [];
      let tail = '';
      const parser = new TarParser({
        entry: (entry) => seen.push([entry.sizeBytes, entry.sparse?.length ?? 0]),
        data(bytes, offset) {
          if (offset + bytes.length === 9 * 1024 ** 3 + 3) tail = bytes.toString('latin1', bytes.length - 3);
        },
        endEntry() {},
      });
      parser.write(archive);
      parser.end();
      expect(seen).toEqual([[9 * 1024 ** 3 + 3, 1]]);
      expect(tail).toBe('end');
    }
  });
});

describe.skipIf(!hasBsdtar)(`TarParser, given what bsdtar writes${withoutBsdtar}`, () => {
  test.each([
    ['pax', true],
    ['gnutar', true],
    ['ustar', false],
  ])('reads the format %s', async (format, hasLongNames) => {
    const flags = hasLongNames ? [] : ['--exclude', 'long-symlink'];
    const archive = execFileSync('bsdtar', ['-C', tree, `--format=${format}`, ...flags, '-cf', '-', '.'], {
      maxBuffer: 2 ** 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await expectTree(parseTar(archive), { hasLongNames });
  });
});

const MEMBERS: readonly TarMember[] = [
  { entry: { kind: 'folder', name: 'folder/', mode: 0o1777, mtimeSeconds: MTIME } },
  {
    entry: { kind: 'file', name: 'folder/file', mode: 0o6755, uid: 3_000_000, gid: 5, mtimeSeconds: MTIME, sizeBytes: 4 },
    content: Buffer.from('text'),
  },
  { entry: { kind: 'hardlink', name: 'folder/hard', linkName: 'folder/file', mode: 0o6755, mtimeSeconds: MTIME } },
  { entry: { kind: 'symlink', name: 'soft', linkName: 't'.repeat(150), mode: 0o777, mtimeSeconds: MTIME } },
  { entry: { kind: 'character-device', name: 'null', mode: 0o666, deviceMajor: 1, deviceMinor: 3, mtimeSeconds: MTIME } },
  { entry: { kind: 'fifo', name: 'fifo', mode: 0o600, mtimeSeconds: MTIME } },
  { entry: { kind: 'file', name: `${LONG}/${LONG}/ümlaut`, mode: 0o644, mtimeSeconds: MTIME, mtimeNanoseconds: 5 } },
  { entry: { kind: 'file', name: Buffer.from([0x72, 0xff]), mode: 0o644, mtimeSeconds: MTIME } },
];

const LISTING = [
  /^drwxrwxrwt\s.* folder\/$/,
  /^-rwsr-sr-x\s.*3000000.* folder\/file$/,
  /^hrwsr-sr-x\s.* folder\/hard link to folder\/file$/,
  new RegExp(`^lrwxrwxrwx\\s.* soft -> ${'t'.repeat(150)}$`),
  /^crw-rw-rw-\s.*1,3.* null$/,
  /^prw-------\s.* fifo$/,
  new RegExp(`^-rw-r--r--\\s.* ${LONG}/${LONG}/\\xc3\\xbcmlaut$`),
  /^-rw-r--r--\s.* r\xff$/,
];

describe('writeTar()', () => {
  test.skipIf(!hasGnuTar)(`writes what GNU tar lists${withoutGnuTar}`, async () => {
    const archive = await tarOf(MEMBERS);
    const listing = execFileSync('tar', ['--quoting-style=literal', '--numeric-owner', '-tvf', '-'], {
      input: archive,
    });
    const lines = listing.toString('latin1').trimEnd().split('\n');
    expect(lines).toHaveLength(LISTING.length);
    for (const [index, pattern] of LISTING.entries()) expect(lines[index]).toMatch(pattern);
  });

  test.skipIf(!hasBsdtar)(`writes what bsdtar rewrites without loss${withoutBsdtar}`, async () => {
    // libarchive refuses names that are not UTF-8.
    const ours = await tarOf(MEMBERS.filter(({ entry }) => typeof entry.name === 'string'));
    const theirs = execFileSync('bsdtar', ['--format=pax', '-cf', '-', '@-'], { input: ours, env: { ...process.env, LC_ALL: 'C.UTF-8' } });
    const facts = (archive: Buffer) =>
      parseTar(archive).map(({ kind, nameBytes, linkName, mode, uid, gid, mtimeSeconds, mtimeNanoseconds, content }) => {
        return {
          kind,
          name: nameBytes.toString('latin1'),
          linkName,
          mode,
          uid,
          gid,
          mtimeSeconds,
          mtimeNanoseconds,
          text: content.toString(),
        };
      });
    expect(facts(theirs)).toEqual(facts(ours));
  });
});
