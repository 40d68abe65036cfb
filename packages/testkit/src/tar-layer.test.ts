import { execFileSync } from 'node:child_process';
import { lstat, mkdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildTar } from './tar-layer.ts';
import { withTempFolder } from './temp-folder.ts';

const longPath = `${'folder-with-a-long-name/'.repeat(8)}file`;

test('buildTar() writes what tar reads back', async () => {
  await withTempFolder(async (folder) => {
    await mkdir(join(folder, 'out'));
    const tar = buildTar([
      { path: 'bin/', mode: 0o700 },
      { path: 'bin/tool', content: 'tool\n', mode: 0o755, mtimeSeconds: 1_700_000_000 },
      { path: 'bin/alias', linkTarget: 'tool' },
      { path: 'bin/twin', type: 'hardlink', linkTarget: 'bin/tool' },
      { path: longPath, content: Buffer.alloc(1000, 'x') },
      { path: 'empty' },
    ]);
    expect(tar.length % 512).toBe(0);
    execFileSync('tar', ['-x', '-C', join(folder, 'out')], { input: tar });
    const tool = await lstat(join(folder, 'out/bin/tool'));
    expect(tool.mode & 0o7777).toBe(0o755);
    expect(tool.mtimeMs).toBe(1_700_000_000_000);
    expect(tool.nlink).toBe(2);
    expect(await readlink(join(folder, 'out/bin/alias'))).toBe('tool');
    expect((await lstat(join(folder, 'out/bin'))).mode & 0o7777).toBe(0o700);
    expect(await readFile(join(folder, 'out', longPath), 'utf8')).toBe('x'.repeat(1000));
    expect((await lstat(join(folder, 'out/empty'))).size).toBe(0);
  });
});

test('buildTar() gives the same bytes for the same entries', () => {
  const entries = [{ path: 'a', content: 'b' }];
  expect(buildTar(entries).equals(buildTar(entries))).toBe(true);
});

test('buildTar() refuses an empty path', () => {
  expect(() => buildTar([{ path: '' }])).toThrow('not a path');
});
