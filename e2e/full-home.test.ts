import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCodeOf } from '@slipway/base';
import {
  buildImage,
  createRegistryApi,
  type LayerEntry,
  openTempFolder,
  randomBlob,
  type SlipwayProcess,
  startSlipway,
  type TempFolder,
} from '@slipway/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { slipwayTree } from './mounted-trees.ts';
import { checkProgram } from './peers/program.ts';
import { releaseMounts } from './peers/release-mounts.ts';
import { checkContent, type SlipwayCommand, slipwayCommand } from './slipway-command.ts';
import { listRemains, listStrays } from './trials/home-audit.ts';

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
const reason = isRoot ? '' : 'SKIPPED: only root may mount a small filesystem';
const SIZE_BYTES = 24_000_000;

describe.skipIf(!isRoot)(`a home without room ${reason}`, () => {
  let folder: TempFolder;
  let server: SlipwayProcess;
  let slipway: SlipwayCommand;
  let homes = 0;
  const nameOf = (tag: string) => `${server.url}/admin/images:${tag}`;

  beforeAll(async () => {
    folder = await openTempFolder('slipway-full-home-');
    server = await startSlipway();
    const api = createRegistryApi({ origin: server.origin, username: 'admin', password: server.adminPassword });
    await api.pushImage('admin/images', 'small', buildImage({ layers: [[{ path: 'small', content: 'x' }]] }));
    await api.pushImage('admin/images', 'holes', buildImage({ layers: [[{ path: 'low', content: 'x' }], manyZeros(2)] }));
    await api.pushImage('admin/images', 'zeros', buildImage({ layers: [[{ path: 'low', content: 'x' }], manyZeros(40)] }));
    await api.pushImage('admin/images', 'noise', buildImage({ layers: [[{ path: 'noise', content: randomBlob(30_000_000, 'noise') }]] }));
    api.close();
  });

  beforeEach(async () => {
    const place = join(folder.path, `place-${homes++}`);
    await mkdir(place);
    await checkProgram('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_BYTES}`, 'tmpfs', place]);
    slipway = slipwayCommand(folder.path, { SLIPWAY_HOME: join(place, 'home') });
    slipway = { ...slipway, home: join(place, 'home') };
    const login = await slipway.attempt(['login', '-u', 'admin', '--password-stdin', server.url], { input: server.adminPassword });
    expect(login.code, login.stderr).toBe(0);
  });

  afterAll(async () => {
    if (folder !== undefined) await releaseMounts(folder.path);
    await server?.stop();
    await folder?.[Symbol.asyncDispose]();
  });

  /** Takes all that is left, and returns how to give it back. */
  async function fill(): Promise<() => Promise<void>> {
    const path = join(slipway.home, '../filler');
    await using file = await open(path, 'w');
    const chunk = Buffer.alloc(4096, 1);
    for (;;) {
      try {
        await file.write(chunk);
      } catch (error) {
        if (systemCodeOf(error) !== 'ENOSPC') throw error;
        return async () => await rm(path);
      }
    }
  }

  test.each([
    ['files', 'zeros', /^Error: .*(?:ENOSPC|no space)/im],
    ['blobs', 'noise', /^Error: .*(?:ENOSPC|no space)/im],
  ])('says so when there is no room for %s, keeps nothing half done, and pulls what fits', async (_, tag, message) => {
    await slipway.run('pull', '-q', nameOf('holes'));
    const { code, stderr } = await slipway.attempt(['pull', '-q', nameOf(tag)]);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    // Blobs that arrived whole may stay for the next try.
    expect((await listRemains(slipway.home)).filter((path) => /\/home\/(?:content\/uploads|trash|leases)\//.test(path))).toEqual([]);
    await checkContent(slipway.home);
    await slipway.run('pull', '-q', nameOf('small'));
    expect(await slipwayTree(slipway, nameOf('small'))).toHaveLength(1);
    expect(await slipwayTree(slipway, nameOf('holes'))).toHaveLength(4);
    await slipway.run('system', 'prune', '-a', '-f');
    expect(await listRemains(slipway.home)).toEqual([]);
    expect(await listStrays(slipway.home)).toEqual([]);
  });

  test('says so when others have taken all room, and goes on when they give it back', async () => {
    await slipway.run('pull', '-q', nameOf('holes'));
    const release = await fill();
    const { code, stderr } = await slipway.attempt(['pull', '-q', nameOf('small')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Error: .*(?:ENOSPC|no space)/i);
    await release();
    expect(await slipway.run('images', '--format', '{{.Tag}}')).toBe('holes');
    await slipway.run('pull', '-q', nameOf('small'));
    await checkContent(slipway.home);
  });

  test('says so in a new home too, and decides nothing there', async () => {
    const release = await fill();
    const { code, stderr } = await slipway.attempt(['pull', '-q', nameOf('small')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Error: .*(?:ENOSPC|no space)/i);
    await release();
    await slipway.run('pull', '-q', nameOf('small'));
    expect(await slipway.run('info', '--format', '{{.Driver}}')).toMatch(/overlay/);
  });

  test('that is read-only is said to be', async () => {
    await slipway.run('pull', '-q', nameOf('small'));
    await checkProgram('mount', ['-o', 'remount,ro', join(slipway.home, '..')]);
    for (const args of [
      ['images'],
      ['pull', nameOf('holes')],
      ['rmi', nameOf('small')],
      ['tag', nameOf('small'), 'other'],
      ['system', 'prune', '-af'],
    ]) {
      const { code, stderr } = await slipway.attempt(args);
      expect(code, args.join(' ')).toBe(1);
      expect(stderr, args.join(' ')).toMatch(/^Error: .*(?:read-only|EROFS)/m);
    }
    await checkProgram('mount', ['-o', 'remount,rw', join(slipway.home, '..')]);
    expect(await slipway.run('images', '--format', '{{.Tag}}')).toBe('small');
  });
});

/** Little to download, much to unpack: in megabytes. */
function manyZeros(megabytes: number): LayerEntry[] {
  const content = Buffer.alloc(1_000_000, 'zeros? ');
  return [{ path: 'zeros/' }, ...Array.from({ length: megabytes }, (_, number) => ({ path: `zeros/${number}`, content }))];
}
