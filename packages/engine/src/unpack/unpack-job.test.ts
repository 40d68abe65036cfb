import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { TarMember } from '@slipway/oci/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { getXattr } from '../system/xattrs.ts';
import { readTree } from './testing/read-tree.ts';
import {
  ALONE,
  closeUntouched,
  fileMember,
  folderMember,
  linkMember,
  openUnpackCase,
  runUnpack,
  sparseTar,
  type UnpackCase,
} from './testing/unpack-case.ts';

let layer: UnpackCase;
beforeEach(() => {
  layer = openUnpackCase();
});
afterEach(() => closeUntouched(layer));

const CAPABILITY = Buffer.from('0100000200200000000000000000000000000000', 'hex');

describe('unpack()', () => {
  it('gives every kind of entry all its metadata', async () => {
    const time = { mtimeSeconds: -5, mtimeNanoseconds: 123_456_789 };
    const members: TarMember[] = [
      folderMember('./', { mode: 0o711, uid: 7, gid: 8 }),
      folderMember('d/', { mode: 0o3775, uid: 1000, gid: 1001, xattrs: new Map([['user.x', Buffer.from('y')]]), ...time }),
      fileMember('d/setuid', 'abc', { mode: 0o6755, uid: 33, gid: 34, mtimeSeconds: 1_700_000_000, mtimeNanoseconds: 999_999_999 }),
      fileMember('d/capable', 'x', {
        uid: 5,
        xattrs: new Map([
          ['security.capability', CAPABILITY],
          ['trusted.t', Buffer.from('v')],
        ]),
      }),
      linkMember('symlink', ['d/link', '/etc/passwd'], { uid: 9, gid: 9, ...time }),
      linkMember('hardlink', ['d/second', 'd/capable'], {
        uid: 5,
        mtimeSeconds: 2000,
        xattrs: new Map([['security.capability', CAPABILITY]]),
      }),
      { entry: { kind: 'fifo', name: 'd/fifo', mode: 0o622, mtimeSeconds: 4 } },
      { entry: { kind: 'character-device', name: 'd/null', mode: 0o666, mtimeSeconds: 4, deviceMajor: 1, deviceMinor: 3 } },
      { entry: { kind: 'block-device', name: 'd/disk', mode: 0o660, gid: 6, mtimeSeconds: 4, deviceMajor: 259, deviceMinor: 1_048_575 } },
    ];
    const outcome = await layer.run(members, ALONE);
    const tree = readTree(layer.folder);
    expect(outcome).toMatchObject({
      kind: 'unpacked',
      entries: 9,
      fileBytes: 'abc'.length + 1 + '/etc/passwd'.length,
      skipped: { count: 0 },
      whiteouts: [],
    });
    expect(tree.get('')).toMatchObject({ mode: 0o711, uid: 7, gid: 8, mtimeNs: 1_000_000_000_000n });
    expect(tree.get('d')).toMatchObject({ mode: 0o3775, uid: 1000, gid: 1001, xattrs: { 'user.x': 'y' }, mtimeNs: -4_876_543_211n });
    expect(tree.get('d/setuid')).toMatchObject({ mode: 0o6755, uid: 33, gid: 34, content: 'abc', mtimeNs: 1_700_000_000_999_999_999n });
    const xattrs = { 'security.capability': CAPABILITY.toString('latin1'), 'trusted.t': 'v' };
    expect(tree.get('d/capable')).toMatchObject({ uid: 5, gid: 0, xattrs });
    expect(tree.get('d/second')).toMatchObject({ sameAs: 'd/capable', xattrs });
    expect(tree.get('d/link')).toMatchObject({ kind: 'symlink', content: '/etc/passwd', uid: 9, mtimeNs: -4_876_543_211n });
    expect(tree.get('d/fifo')).toMatchObject({ kind: 'fifo', mode: 0o622, uid: 0, gid: 0 });
    expect(tree.get('d/null')).toMatchObject({ kind: 'character-device', mode: 0o666, device: '1:3' });
    expect(tree.get('d/disk')).toMatchObject({ kind: 'block-device', gid: 6, device: '259:1048575' });
  });

  it('keeps names that are long and no UTF-8', async () => {
    const odd = Buffer.from([0x66, 0xff, 0xfe, 0x0a, 0x5c]);
    const long = Array.from({ length: 15 }, (_, index) => `${index}`.padEnd(250, 'x')).join('/');
    await layer.run([fileMember(odd, 'odd'), fileMember(long, 'long')]);
    expect(readFileSync(Buffer.concat([Buffer.from(`${layer.folder}/`), odd]), 'utf8')).toBe('odd');
    expect(readFileSync(join(layer.folder, long), 'utf8')).toBe('long');
  });

  it('tells the digests of blob and tar', async () => {
    const plain = readFileSync((await layer.write([fileMember('a', 'b')])).path);
    const gz = layer.writeBytes(gzipSync(plain));
    const [one, two] = [
      await layer.run([fileMember('a', 'b')]),
      await runUnpack({ blob: gz, isGrowing: false, folder: layer.folder, mode: 'onto' }),
    ];
    if (one.kind !== 'unpacked' || two.kind !== 'unpacked') throw new Error('not unpacked');
    expect(two.digests).toMatchObject({ compression: 'gzip', diffId: one.digests.digest, sizeBytes: gz.sizeBytes });
  });

  it('lets folders merge and everything else give way', async () => {
    await layer.run([
      folderMember('keep/', { xattrs: new Map([['user.gone', Buffer.from('1')]]) }),
      fileMember('keep/inner', 'kept'),
      folderMember('tree/'),
      fileMember('tree/deep/er', 'x'),
      linkMember('symlink', ['link', '../../outside']),
      linkMember('symlink', ['file-link', '../outside/sentinel']),
      fileMember('file', 'old'),
    ]);
    await layer.run([
      folderMember('keep/', { mode: 0o700, uid: 3 }),
      fileMember('tree', 'now a file'),
      folderMember('link/'),
      fileMember('link/inside', 'x'),
      fileMember('file-link', 'now a file'),
      folderMember('file/'),
    ]);
    const tree = readTree(layer.folder);
    expect(tree.get('keep')).toMatchObject({ mode: 0o700, uid: 3, xattrs: {} });
    expect(tree.get('keep/inner')?.content).toBe('kept');
    expect(tree.get('tree')).toMatchObject({ kind: 'file', content: 'now a file' });
    expect(tree.get('link/inside')?.kind).toBe('file');
    expect(tree.get('file-link')).toMatchObject({ kind: 'file', content: 'now a file' });
    expect(tree.get('file')?.kind).toBe('folder');
  });

  it('removes a folder deeper than any path may be long', async () => {
    const part = Array.from({ length: 14 }, () => 'x'.repeat(200)).join('/');
    const members = [fileMember(`top/${part}/x`, '')];
    for (let link = 0; link < 2; link++) {
      members.push(
        linkMember('symlink', [`s${link}`, link === 0 ? `top/${part}` : `s${link - 1}/${part}`]),
        fileMember(`s${link}/${part}/x`, ''),
      );
    }
    const outcome = layer.run(members);
    await expect(outcome).rejects.toMatchObject({ code: 'UNPACK_INVALID' });
    await layer.run([fileMember('top', 'gone')]);
    expect(readFileSync(join(layer.folder, 'top'), 'utf8')).toBe('gone');
  });

  it('takes the group of no setgid folder', async () => {
    await layer.run([
      folderMember('d/', { mode: 0o2755, gid: 50 }),
      fileMember('d/f', ''),
      folderMember('d/sub/', { mode: 0o755 }),
      fileMember('d/new/f', ''),
    ]);
    const tree = readTree(layer.folder);
    expect(tree.get('d/f')?.gid).toBe(0);
    expect(tree.get('d/sub')).toMatchObject({ gid: 0, mode: 0o755 });
    expect(tree.get('d/new')).toMatchObject({ gid: 0, mode: 0o755 });
  });

  it('keeps times of folders that the layer has no entries for', async () => {
    await layer.run([
      folderMember('a/', { mtimeSeconds: 11 }),
      folderMember('a/b/', { mtimeSeconds: 12, mtimeNanoseconds: 5 }),
      linkMember('symlink', ['l', 'a']),
    ]);
    await layer.run([fileMember('l/b/new', ''), fileMember('a/.wh.c', ''), fileMember('made/x', '', { mtimeSeconds: 77 })]);
    const tree = readTree(layer.folder);
    expect(tree.get('a')?.mtimeNs).toBe(11_000_000_000n);
    expect(tree.get('a/b')?.mtimeNs).toBe(12_000_000_005n);
    expect(tree.get('made')?.mtimeNs).toBe(77_000_000_000n);
  });
});

describe('unpack() onto', () => {
  it('removes what whiteouts hide, but nothing of its own', async () => {
    await layer.run([
      fileMember('a/old', ''),
      fileMember('b/old', ''),
      fileMember('c/d/old', ''),
      fileMember('gone/x/y', ''),
      fileMember('own', 'old'),
    ]);
    await layer.run([
      fileMember('a/new', ''),
      fileMember('a/.wh..wh..opq', ''),
      fileMember('b/.wh.old', ''),
      fileMember('b/.wh.never-there', ''),
      fileMember('nowhere/.wh.x', ''),
      fileMember('c/d/new', ''),
      fileMember('c/.wh.d', ''),
      fileMember('.wh.gone', ''),
      fileMember('own', 'new'),
      fileMember('.wh.own', ''),
      folderMember('.wh..wh.plnk/'),
      fileMember('.wh..wh.plnk/1.2', 'x'),
    ]);
    expect([...readTree(layer.folder).keys()]).toEqual(['', 'a', 'a/new', 'b', 'c', 'c/d', 'c/d/new', 'own']);
  });

  it('links to what a lower layer has', async () => {
    await layer.run([fileMember('lower', 'text')]);
    await layer.run([linkMember('hardlink', ['dir/second', 'lower'])]);
    expect(readTree(layer.folder).get('lower')).toMatchObject({ sameAs: 'dir/second', content: 'text' });
    await expect(layer.run([linkMember('hardlink', ['third', 'missing'])])).rejects.toMatchObject({ code: 'UNPACK_INVALID' });
    await expect(layer.run([linkMember('hardlink', ['third', 'dir'])])).rejects.toMatchObject({ code: 'UNPACK_INVALID' });
  });
});

describe('unpack() alone', () => {
  it('says what it would need of the layers below', async () => {
    const cases: [TarMember[], string, string][] = [
      [[fileMember('a/b', '')], 'missing-folder', 'a'],
      [[linkMember('hardlink', ['b', 'a'])], 'missing-link-target', 'a'],
      [[linkMember('hardlink', ['b', 'c/a'])], 'missing-link-target', 'c/a'],
      [[linkMember('symlink', ['lib', 'usr/lib']), fileMember('lib/x', '')], 'missing-folder', 'lib'],
      [[fileMember('a/.wh.b', '')], 'missing-folder', 'a'],
      [[fileMember('.wh..wh..opq', '')], 'opaque-root', '/'],
    ];
    for (const [members, reason, path] of cases) {
      using fresh = openUnpackCase();
      expect(await fresh.run(members, ALONE)).toEqual({ kind: 'needs-parent', reason, path });
    }
  });

  it("marks what is hidden as overlay does, in any order with the layer's own", async () => {
    const members = [
      folderMember('a/'),
      fileMember('a/.wh..wh..opq', ''),
      fileMember('.wh.b', ''),
      fileMember('.wh.c', ''),
      folderMember('c/'),
      folderMember('d/'),
      fileMember('.wh.d', ''),
      fileMember('.wh.e', ''),
      fileMember('e', 'mine'),
      fileMember('f', 'mine'),
      fileMember('.wh.f', ''),
      fileMember('g', 'first a file'),
      folderMember('g/'),
      folderMember('h/'),
    ];
    for (const xattrs of ['trusted', 'user'] as const) {
      using fresh = openUnpackCase();
      const outcome = await fresh.run(members, { mode: 'alone', overlay: { xattrs } });
      if (outcome.kind !== 'unpacked') throw new Error(outcome.reason);
      expect(outcome.whiteouts.map(String).sort()).toEqual(['a/', 'b', 'c', 'c/', 'd/', 'e', 'g/']);
      const marked = { [`${xattrs}.overlay.opaque`]: 'y' };
      const tree = readTree(fresh.folder);
      for (const name of ['a', 'c', 'd', 'g']) expect(tree.get(name)).toMatchObject({ kind: 'folder', xattrs: marked });
      expect(tree.get('b')).toMatchObject({ kind: 'character-device', device: '0:0' });
      expect(tree.get('e')?.content).toBe('mine');
      expect(tree.get('f')?.content).toBe('mine');
      expect(tree.get('h')?.xattrs).toEqual({});
    }
  });

  it('takes no marks of overlay from the archive', async () => {
    const xattrs = new Map([
      ['trusted.overlay.redirect', Buffer.from('/etc')],
      ['user.overlay.opaque', Buffer.from('y')],
    ]);
    const outcome = await layer.run(
      [folderMember('a/', { xattrs }), { entry: { kind: 'character-device', name: 'b', mode: 0o600, mtimeSeconds: 1 } }],
      ALONE,
    );
    expect(outcome).toMatchObject({ skipped: { count: 3 } });
    expect(readTree(layer.folder).get('a')?.xattrs).toEqual({});
    expect(existsSync(join(layer.folder, 'b'))).toBe(false);
  });
});

describe('unpack() of a growing blob', () => {
  it('reads as it grows and ends with it', async () => {
    const blob = await layer.write([fileMember('a', 'first'), fileMember('b', 'second')]);
    const bytes = readFileSync(blob.path);
    writeFileSync(blob.path, bytes.subarray(0, 700));
    const running = runUnpack({ blob, isGrowing: true, folder: layer.folder, mode: 'onto' });
    while (!existsSync(join(layer.folder, 'a'))) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(existsSync(join(layer.folder, 'b'))).toBe(false);
    appendFileSync(blob.path, bytes.subarray(700));
    expect(await running).toMatchObject({ kind: 'unpacked', entries: 2 });
  });

  it('stops at once when it is aborted, or when it needs a parent, while nothing comes', async () => {
    const blob = await layer.write([fileMember('a', 'first'), fileMember('b/c', 'second')]);
    const input = { blob: { path: blob.path, sizeBytes: blob.sizeBytes + 1 }, isGrowing: true, folder: layer.folder } as const;
    const abort = new AbortController();
    const running = runUnpack({ ...input, mode: 'onto' }, abort.signal);
    setTimeout(() => abort.abort(new Error('enough')), 30);
    await expect(running).rejects.toThrow('enough');
    using fresh = openUnpackCase();
    expect(await runUnpack({ ...input, ...ALONE, folder: fresh.folder })).toMatchObject({ kind: 'needs-parent', path: 'b' });
  });
});

describe('unpack() of sparse files', () => {
  it('leaves holes', async () => {
    const sizeBytes = 9 * 2 ** 30;
    const sparse = layer.writeBytes(sparseTar(sizeBytes));
    const outcome = await runUnpack({ blob: sparse, isGrowing: false, folder: layer.folder, mode: 'onto' });
    expect(outcome).toMatchObject({ kind: 'unpacked', fileBytes: sizeBytes });
    const stat = statSync(join(layer.folder, 'sparse'));
    expect(stat.size).toBe(sizeBytes);
    expect(stat.blocks * 512).toBeLessThan(100_000);
    expect(getXattr(join(layer.folder, 'sparse'), 'user.none')).toBeUndefined();
  });
});
