import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTree } from './testing/read-tree.ts';
import {
  ALONE,
  closeUntouched,
  fileMember,
  folderMember,
  linkMember,
  openUnpackCase,
  runUnpack,
  type UnpackCase,
} from './testing/unpack-case.ts';

let layer: UnpackCase;
beforeEach(() => {
  layer = openUnpackCase();
});
afterEach(() => closeUntouched(layer));

describe('unpack() of hostile layers', () => {
  it('follows links within the tree only', async () => {
    mkdirSync(join(layer.folder, 'etc'));
    const up = Array.from({ length: 20 }, () => '..').join('/');
    symlinkSync(layer.outside, join(layer.folder, 'absolute'));
    symlinkSync(`${up}${layer.outside}`, join(layer.folder, 'relative'));
    for (const link of ['absolute', 'relative']) {
      await expect(layer.run([fileMember(`${link}/escaped`, 'x')])).rejects.toMatchObject({ code: 'UNPACK_INVALID' });
      await expect(layer.run([linkMember('hardlink', ['caught', `${link}/sentinel`])])).rejects.toMatchObject({ code: 'UNPACK_INVALID' });
      await layer.run([fileMember(`${link}/.wh.sentinel`, ''), fileMember(`${link}/.wh..wh..opq`, '')]);
    }
    await layer.run([linkMember('symlink', ['etc/up', `${up}/etc`]), fileMember('etc/up/inside', 'x')]);
    expect(readFileSync(join(layer.folder, 'etc/inside'), 'utf8')).toBe('x');
  });

  it('refuses names that lead out and takes absolute ones as its own', async () => {
    for (const name of ['../outside/sentinel', 'a/../../outside/sentinel', '..']) {
      await expect(layer.run([fileMember(name, 'x')])).rejects.toMatchObject({ code: 'TAR_PATH_REFUSED' });
      await expect(layer.run([linkMember('hardlink', ['x', name])])).rejects.toMatchObject({ code: 'UNPACK_REFUSED' });
    }
    await layer.run([fileMember('/etc/x', 'mine')]);
    expect(readFileSync(join(layer.folder, 'etc/x'), 'utf8')).toBe('mine');
  });

  it('is not fooled by a folder that becomes a link', async () => {
    const outcome = layer.run([
      folderMember('d/'),
      fileMember('d/a', ''),
      linkMember('symlink', ['d', layer.outside]),
      fileMember('d/sentinel', 'overwritten'),
    ]);
    await expect(outcome).rejects.toMatchObject({ code: 'UNPACK_INVALID' });
  });

  it('changes nothing behind a hardlink to a link', async () => {
    const path = join(layer.outside, 'sentinel');
    const before = statSync(path, { bigint: true });
    await layer.run([
      linkMember('symlink', ['s', path]),
      linkMember('hardlink', ['h', 's'], { mode: 0o4777, uid: 99, mtimeSeconds: 1 }),
      fileMember('h', 'mine'),
    ]);
    const after = statSync(path, { bigint: true });
    expect([after.mode, after.uid, after.mtimeNs, after.ctimeNs]).toEqual([before.mode, before.uid, before.mtimeNs, before.ctimeNs]);
    expect(lstatSync(join(layer.folder, 'h')).isFile()).toBe(true);
  });

  it('refuses a root that is no folder, whiteouts of nothing, folders below files and unknown users', async () => {
    await expect(layer.run([fileMember('.', 'x')])).rejects.toMatchObject({ code: 'UNPACK_INVALID' });
    await expect(layer.run([fileMember('.wh.', '')])).rejects.toMatchObject({ code: 'UNPACK_INVALID' });
    await expect(layer.run([fileMember('.wh...', '')])).rejects.toMatchObject({ code: 'UNPACK_INVALID' });
    await expect(layer.run([fileMember('f', ''), fileMember('f/x', '')])).rejects.toMatchObject({ code: 'UNPACK_INVALID' });
    await expect(layer.run([linkMember('symlink', ['l', 'l']), fileMember('l/x', '')])).rejects.toMatchObject({ code: 'UNPACK_INVALID' });
    expect(await layer.run([linkMember('hardlink', ['f', 'f'])])).toMatchObject({ kind: 'unpacked' });
  });

  it('takes whiteouts below what is a file, which umoci writes where a file replaces a folder', async () => {
    const members = [fileMember('f', 'mine'), fileMember('f/.wh.gone', ''), fileMember('f/deep/.wh..wh..opq', '')];
    expect(await layer.run(members)).toMatchObject({ kind: 'unpacked', whiteouts: [] });
    expect(readFileSync(join(layer.folder, 'f'), 'utf8')).toBe('mine');
  });

  it('leaves to the layers below what a whiteout of its own stands in the way of', async () => {
    const link = [fileMember('.wh.gone', ''), linkMember('hardlink', ['other', 'gone'])];
    const below = [fileMember('.wh.gone', ''), fileMember('gone/new', 'x')];
    for (const members of [link, below]) {
      expect(await layer.run(members, { ...ALONE, folder: mkdtempSync(join(layer.base, 'alone-')) })).toMatchObject({
        kind: 'needs-parent',
      });
    }
    writeFileSync(join(layer.folder, 'gone'), 'old');
    await layer.run(below);
    expect(readFileSync(join(layer.folder, 'gone/new'), 'utf8')).toBe('x');
    await expect(layer.run(link)).rejects.toMatchObject({ code: 'UNPACK_INVALID' });
  });

  it('needs the layers below for a link to itself that its own layer has nothing for', async () => {
    const members = [linkMember('hardlink', ['file', 'file'], { mode: 0o600 })];
    expect(await layer.run(members, ALONE)).toMatchObject({ kind: 'needs-parent' });
    await expect(layer.run(members)).rejects.toMatchObject({ code: 'UNPACK_INVALID' });
    await layer.run([fileMember('file')]);
    await layer.run(members);
    expect(readTree(layer.folder).get('file')).toMatchObject({ mode: 0o600 });
  });

  it('keeps times of folders without an entry where a whiteout hides what older layers have beside its own', async () => {
    await layer.run([folderMember('a/'), folderMember('a/b/'), fileMember('a/old')]);
    await layer.run([fileMember('a/b/new', ''), fileMember('.wh..wh..opq')]);
    const tree = readTree(layer.folder);
    expect([...tree.keys()]).toEqual(['', 'a', 'a/b', 'a/b/new']);
    expect(tree.get('a')).toMatchObject({ mtimeNs: 1_000_000_000_000n });
  });

  it('gives files their group below a root that would give them its own', async () => {
    await layer.run([folderMember('./', { mode: 0o2755, gid: 50 }), fileMember('file'), folderMember('folder/')], ALONE);
    const tree = readTree(layer.folder);
    expect(tree.get('')).toMatchObject({ mode: 0o2755, gid: 50 });
    expect(tree.get('file')).toMatchObject({ gid: 0 });
    expect(tree.get('folder')).toMatchObject({ gid: 0, mode: 0o755 });
  });

  it('gives no times to folders behind a link that took the place of a folder', async () => {
    const old = [folderMember('x/'), folderMember('x/sub/', { mtimeSeconds: 1 })];
    const shown = [folderMember('other/'), folderMember('other/sub/', { mtimeSeconds: 2 }), linkMember('symlink', ['x', 'other'])];
    await layer.run([...old, ...shown], ALONE);
    expect(readTree(layer.folder).get('other/sub')).toMatchObject({ mtimeNs: 2_000_000_000n });
  });

  it('stops at the limit, at a damaged tar and at a blob that is too short', async () => {
    const blob = layer.writeBytes(gzipSync(Buffer.alloc(10_000_000)));
    const input = { blob, isGrowing: false, folder: layer.folder, mode: 'onto' } as const;
    await expect(runUnpack({ ...input, limitBytes: 1_000_000 })).rejects.toMatchObject({ code: 'LAYER_TOO_LARGE' });
    await expect(runUnpack({ ...input, blob: layer.writeBytes(Buffer.alloc(1024, 'x')) })).rejects.toMatchObject({ code: 'TAR_INVALID' });
    truncateSync(blob.path, 100);
    await expect(runUnpack(input)).rejects.toMatchObject({ code: 'UNPACK_BLOB_SHORT' });
    expect(readdirSync(layer.folder)).toEqual([]);
  });
});
