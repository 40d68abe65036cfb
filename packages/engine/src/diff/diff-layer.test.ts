import {
  appendFileSync,
  chmodSync,
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAppError } from '@slipway/base';
import { computeLayer, readTar, type TarEntry } from '@slipway/oci/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mknodat } from '../system/calls.ts';
import { AT_FDCWD, S_IFCHR, S_IFIFO } from '../system/constants.ts';
import { setXattr } from '../system/xattrs.ts';
import { diffLayer } from './diff-layer.ts';
import type { DiffSource } from './diff-source.ts';
import { diffTar } from './diff-tar.ts';
import { inOnePiece, layerOf } from './testing/layer-of.ts';
import { TreeDiff } from './tree-diff.ts';
import { TreeFolder } from './tree-folder.ts';

let folder: string;
let base: string;
let tree: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-diff-'));
  base = makeFolder('base');
  tree = makeFolder('tree');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function makeFolder(path: string): string {
  const made = join(folder, path);
  mkdirSync(made, { recursive: true });
  return made;
}

function put(root: string, path: string, content = 'content'): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), content);
  utimesSync(join(root, path), 1000, 1000);
}

async function entriesOf(source: DiffSource): Promise<TarEntry[]> {
  const { bytes } = await layerOf(source, join(folder, 'layer.tar'));
  const entries: TarEntry[] = [];
  for await (const entry of readTar(inOnePiece(bytes))) entries.push(entry);
  return entries;
}

const namesOf = async (source: DiffSource): Promise<string[]> => (await entriesOf(source)).map(({ name }) => name);
const overlay = (...lowers: string[]): DiffSource => ({ kind: 'overlay', upper: tree, lowers, xattrs: 'user' });
const compare = (): DiffSource => ({ kind: 'compare', folder: tree, base });
const whiteOut = (path: string): void => mknodat(AT_FDCWD, join(tree, path), { mode: S_IFCHR });

describe('diffLayer() of a plain tree', () => {
  it('makes an archive of nothing but its end when nothing changed', async () => {
    put(base, 'folder/file');
    put(tree, 'folder/file');
    const { outcome, bytes } = await layerOf(compare(), join(folder, 'layer.tar'));
    expect(bytes).toEqual(Buffer.alloc(1024));
    expect(outcome).toMatchObject({
      entries: 0,
      fileBytes: 0,
      diffId: 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef',
    });
  });

  it('lists names by their bytes, a folder before what is in it and never the root', async () => {
    for (const path of ['a.b', 'a/z', 'a/b', 'Z', 'ä']) put(tree, path);
    expect(await namesOf({ kind: 'compare', folder: tree })).toEqual(['Z', 'a/', 'a/b', 'a/z', 'a.b', 'ä']);
  });

  it('mentions the unchanged folders above a change', async () => {
    for (const root of [base, tree]) put(root, 'a/b/kept');
    put(tree, 'a/b/new');
    expect(await namesOf(compare())).toEqual(['a/', 'a/b/', 'a/b/new']);
  });

  it('hides what is gone, whole folders by one entry', async () => {
    put(base, 'a/b/c');
    put(base, 'd');
    put(tree, 'e');
    const entries = await entriesOf(compare());
    expect(entries.map(({ name }) => name)).toEqual(['.wh.a', '.wh.d', 'e']);
    expect(entries[0]).toMatchObject({ kind: 'file', sizeBytes: 0, mode: 0, mtimeSeconds: 0 });
  });

  it('notices content that changed behind an old time', async () => {
    put(base, 'file', 'one');
    put(tree, 'file', 'two');
    expect(await namesOf(compare())).toEqual(['file']);
  });

  it.each(['mode', 'time'])('notices another %s', async (what) => {
    for (const root of [base, tree]) put(root, 'file');
    if (what === 'mode') chmodSync(join(tree, 'file'), 0o4755);
    else utimesSync(join(tree, 'file'), 1000, 1000.5);
    expect(await namesOf(compare())).toEqual(['file']);
  });

  it('leaves out sockets, and hides what they replaced', async () => {
    put(base, 'socket');
    const server = createServer().listen(join(tree, 'socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    expect(await namesOf(compare())).toEqual(['.wh.socket']);
    await new Promise((resolve) => server.close(resolve));
  });

  it('writes further names of a file as links to the first, also those that did not change', async () => {
    put(base, 'a');
    put(tree, 'a');
    linkSync(join(tree, 'a'), join(tree, 'b'));
    linkSync(join(tree, 'a'), join(tree, 'c'));
    const entries = await entriesOf(compare());
    expect(entries.map(({ name, kind, linkName }) => [name, kind, linkName])).toEqual([
      ['b', 'file', ''],
      ['a', 'hardlink', 'b'],
      ['c', 'hardlink', 'b'],
    ]);
  });

  it('does not follow links', async () => {
    put(base, 'target/secret');
    symlinkSync(join(base, 'target'), join(tree, 'link'));
    const entries = await entriesOf({ kind: 'compare', folder: tree });
    expect(entries.map(({ name, kind }) => [name, kind])).toEqual([['link', 'symlink']]);
  });

  it('keeps names that are not UTF-8, and long ones', async () => {
    const odd = Buffer.from([0x66, 0xff, 0xfe]);
    writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), odd]), '');
    put(tree, `${'d'.repeat(200)}/${'f'.repeat(200)}`);
    const names = (await entriesOf({ kind: 'compare', folder: tree })).map(({ nameBytes }) => nameBytes.toString('latin1'));
    expect(names).toEqual([`${'d'.repeat(200)}/`, `${'d'.repeat(200)}/${'f'.repeat(200)}`, odd.toString('latin1')]);
  });

  it('writes the holes of a file as zeros', async () => {
    const fd = openSync(join(tree, 'sparse'), 'w');
    ftruncateSync(fd, 3_000_000);
    writeSync(fd, 'x', 2_000_000);
    closeSync(fd);
    const { bytes, outcome } = await layerOf({ kind: 'compare', folder: tree }, join(folder, 'layer.tar'));
    expect(bytes.subarray(512, 512 + 3_000_000).equals(readFileSync(join(tree, 'sparse')))).toBe(true);
    expect(outcome.fileBytes).toBe(3_000_000);
  });

  it('writes no later time than the one it is given', async () => {
    put(tree, 'old');
    writeFileSync(join(tree, 'new'), '');
    const { bytes } = await layerOf({ kind: 'compare', folder: tree }, join(folder, 'layer.tar'), { timestampSeconds: 5000 });
    const times: number[] = [];
    for await (const entry of readTar(inOnePiece(bytes))) times.push(entry.mtimeSeconds);
    expect(times).toEqual([5000, 1000]);
  });

  it('refuses names that would hide another one', async () => {
    put(tree, '.wh.file');
    await expect(layerOf({ kind: 'compare', folder: tree }, join(folder, 'layer.tar'))).rejects.toMatchObject({
      code: 'LAYER_UNSUPPORTED',
    });
  });
});

describe('diffLayer() of an overlay', () => {
  it('turns devices 0:0 into whiteouts and drops those with nothing below', async () => {
    put(base, 'gone');
    whiteOut('gone');
    whiteOut('never-there');
    expect(await namesOf(overlay(base))).toEqual(['.wh.gone']);
  });

  it('reads whiteouts that are files with an attribute', async () => {
    put(base, 'gone');
    writeFileSync(join(tree, 'gone'), '');
    setXattr(join(tree, 'gone'), 'user.overlay.whiteout', Buffer.from('y'));
    expect(await namesOf(overlay(base))).toEqual(['.wh.gone']);
  });

  it('hides what an opaque folder does not have, one by one and at any depth', async () => {
    for (const path of ['a/b/kept', 'a/b/gone', 'a/other']) put(base, path);
    put(tree, 'a/b/kept');
    setXattr(join(tree, 'a'), 'user.overlay.opaque', Buffer.from('y'));
    expect(await namesOf(overlay(base))).toEqual(['a/', 'a/b/', 'a/b/.wh.gone', 'a/.wh.other']);
  });

  it('looks through lower layers as a mount of them does', async () => {
    const [top, middle] = [makeFolder('top'), makeFolder('middle')];
    for (const path of ['hidden', 'folder/under', 'shown']) put(base, path);
    mknodat(AT_FDCWD, join(top, 'hidden'), { mode: S_IFCHR });
    mkdirSync(join(middle, 'folder'));
    setXattr(join(middle, 'folder'), 'user.overlay.opaque', Buffer.from('y'));
    mkdirSync(join(tree, 'folder'));
    for (const path of ['hidden', 'folder/under', 'shown']) whiteOut(path);
    expect(await namesOf(overlay(top, middle, base))).toEqual(['.wh.shown']);
  });

  it('leaves out what was copied up and did not change', async () => {
    for (const root of [base, tree]) put(root, 'a/same');
    expect(await namesOf(overlay(base))).toEqual([]);
  });

  it('refuses folders that stand for one of another name', async () => {
    mkdirSync(join(tree, 'moved'));
    setXattr(join(tree, 'moved'), 'user.overlay.redirect', Buffer.from('/was'));
    await expect(namesOf(overlay(base))).rejects.toMatchObject({ code: 'LAYER_UNSUPPORTED' });
  });
});

describe('diffLayer() while the tree changes', () => {
  const bigFile = Buffer.alloc(1024 * 1024, 'x');
  const changes: ReadonlyArray<readonly [string, (path: string) => void]> = [
    ['grows', (path) => appendFileSync(path, 'more')],
    ['is cut', (path) => writeFileSync(path, '')],
    ['becomes a pipe', (path) => (unlinkSync(path), mknodat(AT_FDCWD, path, { mode: S_IFIFO | 0o600 }))],
    ['becomes a link', (path) => (unlinkSync(path), symlinkSync('/etc/passwd', path))],
    ['vanishes', (path) => unlinkSync(path)],
  ];

  it.each(changes)('fails clearly when a file %s before it is opened', (_, change) => {
    put(tree, 'file');
    const folder = TreeFolder.openRoot(tree);
    const node = folder.stat('file');
    if (node === undefined) throw new Error('the file is not there');
    change(join(tree, 'file'));
    expect(() => folder.openFile('file', node)).toThrowError(expect.objectContaining({ code: 'CHANGED_WHILE_READ' }));
    folder.close();
  });

  it('fails clearly when a file vanishes after it was listed', () => {
    for (const name of ['first', 'second']) writeFileSync(join(tree, name), bigFile);
    using diff = new TreeDiff({ kind: 'compare', folder: tree });
    const pieces = diffTar(diff, { counts: { entries: 0, fileBytes: 0 } });
    pieces.next();
    unlinkSync(join(tree, 'second'));
    expect(() => [...pieces]).toThrowError(expect.objectContaining({ code: 'CHANGED_WHILE_READ' }));
  });

  it.each(['grows', 'is cut'])('fails clearly when a file %s while it is read', (what) => {
    writeFileSync(join(tree, 'file'), bigFile);
    using diff = new TreeDiff({ kind: 'compare', folder: tree });
    const pieces = diffTar(diff, { counts: { entries: 0, fileBytes: 0 } });
    pieces.next();
    if (what === 'grows') appendFileSync(join(tree, 'file'), 'more');
    else writeFileSync(join(tree, 'file'), '');
    expect(() => [...pieces]).toThrowError(expect.objectContaining({ code: 'CHANGED_WHILE_READ' }));
  });
});

describe('diffLayer() as a blob', () => {
  beforeEach(() => {
    for (let index = 0; index < 40; index++) put(tree, `file-${index}`, `${index} `.repeat(20_000));
  });

  it.each(['gzip', 'zstd'] as const)('makes the same %s on any number of threads, with the digests of both sides', async (kind) => {
    const source: DiffSource = { kind: 'compare', folder: tree };
    const one = await layerOf(source, join(folder, 'one'), { compression: { kind }, threads: 1 });
    const three = await layerOf(source, join(folder, 'three'), { compression: { kind }, threads: 3 });
    expect(three).toEqual(one);
    expect(one.outcome).toMatchObject(await computeLayer(inOnePiece(one.bytes)));
  });

  it.each(['gzip', 'zstd'] as const)('makes the same %s of an equal tree that was made in another order', async (kind) => {
    const twin = makeFolder('twin');
    for (let index = 39; index >= 0; index--) put(twin, `file-${index}`, `${index} `.repeat(20_000));
    const one = await layerOf({ kind: 'compare', folder: tree }, join(folder, 'one'), { compression: { kind }, threads: 2 });
    const other = await layerOf({ kind: 'compare', folder: twin }, join(folder, 'other'), { compression: { kind }, threads: 1 });
    expect(other).toEqual(one);
  });

  it('packs a blob anew without touching its tar', async () => {
    const gzip = await layerOf({ kind: 'compare', folder: tree }, join(folder, 'gzip'), { compression: { kind: 'gzip' } });
    const blob = { kind: 'blob' as const, path: join(folder, 'gzip') };
    const zstd = await layerOf(blob, join(folder, 'zstd'), { compression: { kind: 'zstd' } });
    expect(zstd.outcome).toMatchObject({ compression: 'zstd', diffId: gzip.outcome.diffId });
  });

  it('stops with the reason of the abort', async () => {
    const stop = new AbortController();
    const input = {
      source: { kind: 'compare' as const, folder: tree },
      output: join(folder, 'out'),
      compression: { kind: 'gzip' as const },
    };
    const progress = (): void => stop.abort(new Error('enough'));
    await expect(diffLayer(input, { signal: stop.signal, progress })).rejects.toThrow('enough');
  });

  it('names the folder that is not there', async () => {
    const error: unknown = await layerOf({ kind: 'compare', folder: join(folder, 'none') }, join(folder, 'out')).catch(
      (cause: unknown) => cause,
    );
    expect(isAppError(error, 'CHANGED_WHILE_READ')).toBe(true);
  });
});
