import { link, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuildImageOptions, buildImage, type FixtureImage } from '@slipway/testkit';
import { checkProgram } from './program.ts';

/** setxattr(2): perl has no name for it. */
const SETXATTR = process.arch === 'arm64' ? 5 : 188;
const SECONDS = 1_767_225_600;
const STABLE = [
  '--format=pax',
  '--sort=name',
  '--numeric-owner',
  '--xattrs',
  '--xattrs-include=*',
  '--pax-option=delete=atime,delete=ctime',
];

/** Three layers of what is easily lost: owners, odd modes, times, xattrs, capabilities, links, devices, long names; then changes and whiteouts. Needs root. */
export async function buildOddImage(options: Partial<BuildImageOptions> = {}): Promise<FixtureImage> {
  const work = await mkdtemp(join(tmpdir(), 'slipway-odd-image-'));
  try {
    const layers = [];
    for (const [name, make] of [
      ['low', makeLow],
      ['middle', makeMiddle],
      ['high', makeHigh],
    ] as const) {
      const folder = join(work, name);
      await mkdir(folder);
      await make(folder);
      await checkProgram('find', [folder, '-mindepth', '1', '-exec', 'touch', '--no-dereference', `--date=@${SECONDS}`, '{}', '+']);
      await checkProgram('tar', [...STABLE, '-C', folder, '-cf', `${folder}.tar`, '.']);
      layers.push(await readFile(`${folder}.tar`));
    }
    return buildImage({ layers, config: { Cmd: ['/bin/sh'] }, ...options });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function makeLow(folder: string): Promise<void> {
  for (const path of ['tmp', 'bin', 'dev', 'etc/kept', 'etc/emptied', 'var/removed', 'home/ann'])
    await mkdir(join(folder, path), { recursive: true });
  await writeFile(join(folder, 'bin/tool'), 'tool '.repeat(1000));
  await writeFile(join(folder, 'bin/ping'), 'ping');
  await link(join(folder, 'bin/tool'), join(folder, 'bin/same-tool'));
  await symlink('../bin/tool', join(folder, 'etc/tool'));
  await symlink('/nowhere', join(folder, 'etc/dangling'));
  for (const path of ['etc/kept/a', 'etc/emptied/a', 'etc/emptied/b', 'var/removed/a', 'home/ann/notes'])
    await writeFile(join(folder, path), path);
  await writeFile(join(folder, 'etc', 'n'.repeat(200)), 'long');
  const commands = [
    'chmod 1777 tmp && chmod 700 home/ann && chown 1000:1001 home/ann',
    'chown 65534:65534 home/ann/notes',
    'chmod 4755 bin/tool',
    // cap_net_raw+ep, version 2.
    `perl -e 'my @s = ("bin/ping", "security.capability", pack("VVVVV", 0x02000001, 0x2000, 0, 0, 0)); syscall(${SETXATTR}, @s, 20, 0) == 0 or die $!'`,
    'mknod dev/null c 1 3 && mkfifo var/pipe',
    'truncate --size=3M var/holes',
  ];
  await checkProgram('/bin/sh', ['-ec', commands.join('\n')], { cwd: folder });
}

async function makeMiddle(folder: string): Promise<void> {
  await mkdir(join(folder, 'etc/emptied'), { recursive: true });
  await mkdir(join(folder, 'var'), { recursive: true });
  await writeFile(join(folder, 'etc/emptied/.wh..wh..opq'), '');
  await writeFile(join(folder, 'etc/emptied/c'), 'c');
  await writeFile(join(folder, 'var/.wh.removed'), '');
}

async function makeHigh(folder: string): Promise<void> {
  await mkdir(join(folder, 'bin'), { recursive: true });
  await mkdir(join(folder, 'etc/dangling'), { recursive: true });
  await writeFile(join(folder, 'bin/tool'), 'a newer tool');
  await writeFile(join(folder, 'etc/dangling/was-a-link'), 'x');
}
