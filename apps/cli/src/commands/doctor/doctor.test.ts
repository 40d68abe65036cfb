import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withTempFolder } from '@slipway/testkit';
import { describe, expect, it } from 'vitest';
import { runSlipway } from '../../testing/run-slipway.ts';
import { programCheck } from './check.ts';
import { CHECKS } from './checks.ts';
import { createMachine, type Machine } from './machine.ts';

const BARE: Machine = {
  isRoot: false,
  userName: 'ann',
  home: '/dev/null/home',
  findProgram: async () => undefined,
  firstLine: async () => undefined,
  tryScript: async () => false,
  readText: async () => undefined,
  listFolder: async () => [],
};

async function look(name: string, machine: Partial<Machine>) {
  return await CHECKS.find((check) => check.name === name)?.look({ ...BARE, ...machine });
}

describe('CHECKS', () => {
  it('say for everything that is missing how to get it', async () => {
    for (const check of CHECKS) {
      expect(await check.look(BARE), check.name).toEqual({ isThere: false, detail: expect.any(String), cure: expect.stringMatching(/\S/) });
    }
  });

  it.each<[string, Partial<Machine>, string]>([
    [
      'subordinate ids',
      { findProgram: async () => '/usr/bin/newuidmap' },
      'usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ann',
    ],
    ['subordinate ids', {}, 'apt-get install -y uidmap'],
    [
      'user namespaces',
      { readText: async (path) => (path.endsWith('userns_clone') ? '0\n' : undefined) },
      'sysctl -w kernel.unprivileged_userns_clone=1',
    ],
    [
      'user namespaces',
      { readText: async (path) => (path.endsWith('max_user_namespaces') ? '0\n' : undefined) },
      'sysctl -w user.max_user_namespaces=65536',
    ],
    ['runc', {}, 'apt-get install -y runc'],
  ])('%s of %j is cured by %s', async (name, machine, cure) => {
    expect(await look(name, machine)).toMatchObject({ isThere: false, cure });
  });

  it.each<[string, Partial<Machine>, string]>([
    ['subordinate ids', { isRoot: true }, 'not needed by root'],
    [
      'subordinate ids',
      { findProgram: async () => '/usr/bin/newuidmap', readText: async () => 'bob:1:2\nann:100000:65536\n' },
      '/etc/subuid ann:100000:65536',
    ],
    ['overlayfs', { tryScript: async ({ script }) => script.includes('userxattr') }, 'in a user namespace'],
    ['overlayfs', { isRoot: true, tryScript: async () => true }, 'native'],
    ['cgroups', { readText: async () => 'cpu memory\n' }, 'v2: cpu memory'],
    ['cgroups', { listFolder: async () => ['systemd', 'memory', 'cpu'] }, 'v1: cpu memory'],
    ['qemu', { listFolder: async () => ['register', 'qemu-aarch64', 'qemu-arm'] }, 'aarch64 arm'],
  ])('%s is there: %j', async (name, machine, detail) => {
    expect(await look(name, machine)).toEqual({ isThere: true, detail });
  });
});

describe('programCheck()', () => {
  it('takes the first of several programs, with its version', async () => {
    await withTempFolder(async (folder) => {
      await writeFile(join(folder, 'crun'), '#!/bin/sh\necho; echo "crun version 1.14.1"\n', { mode: 0o755 });
      await writeFile(join(folder, 'runc'), 'not executable');
      const machine = createMachine({
        searchPath: folder,
        home: folder,
        isRoot: false,
        userName: 'ann',
        signal: new AbortController().signal,
      });
      const check = programCheck('runc-here', { purpose: 'x', packages: 'x', programs: ['runc-there', 'crun'] });
      expect(await check.look(machine)).toEqual({ isThere: true, detail: `${join(folder, 'crun')} 1.14.1` });
    });
  });

  it('stands a program that fails', async () => {
    await withTempFolder(async (folder) => {
      await writeFile(join(folder, 'conmon'), '#!/bin/sh\nexit 3\n', { mode: 0o755 });
      const machine = createMachine({
        searchPath: folder,
        home: folder,
        isRoot: false,
        userName: 'ann',
        signal: new AbortController().signal,
      });
      expect(await programCheck('conmon', { purpose: 'x', packages: 'x' }).look(machine)).toEqual({
        isThere: true,
        detail: join(folder, 'conmon'),
      });
    });
  });
});

describe('doctorCommand.run()', () => {
  it('prints a line a check', async () => {
    await withTempFolder(async (home) => {
      const { stdout, stderr } = await runSlipway(['doctor'], { environment: { SLIPWAY_HOME: home, PATH: process.env['PATH'] ?? '' } });
      expect(stderr).toBe('');
      expect(stdout.split('\n')[0]).toMatch(/^CHECK +STATUS +FOR +DETAILS$/);
      expect(stdout).toMatch(/^home folder +ok +images are kept in it/m);
      expect(stdout.trimEnd().split('\n')).toHaveLength(CHECKS.length + 1);
    });
  });

  it('prints JSON', async () => {
    await withTempFolder(async (home) => {
      const environment = { SLIPWAY_HOME: home, PATH: process.env['PATH'] ?? '' };
      const checks: unknown = JSON.parse((await runSlipway(['doctor', '--format', 'json'], { environment })).stdout);
      expect(checks).toHaveLength(CHECKS.length);
      expect(checks).toContainEqual(expect.objectContaining({ name: 'home folder', status: 'ok', needed: true }));
    });
  });

  it('exits with 1 without a home folder', async () => {
    await withTempFolder(async (folder) => {
      await mkdir(join(folder, 'x'));
      await writeFile(join(folder, 'x/file'), '');
      const outcome = await runSlipway(['doctor'], {
        environment: { SLIPWAY_HOME: join(folder, 'x/file/home'), PATH: process.env['PATH'] ?? '' },
      });
      expect(outcome).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/^home folder +missing/m) });
    });
  });
});
