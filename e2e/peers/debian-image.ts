import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KeyedLock } from '@slipway/base';
import { type BuildImageOptions, buildImage, type FixtureImage } from '@slipway/testkit';
import { peerEnvironment } from './peer-environment.ts';
import { checkProgram } from './program.ts';
import { releaseMounts } from './release-mounts.ts';
import { CACHE_FOLDER, unpackPackages } from './unpack-packages.ts';

export const DEBIAN_PACKAGES = ['debootstrap', 'debian-archive-keyring'];

const SUITE = 'bookworm';
const MIRROR = 'http://deb.debian.org/debian';
const locks = new KeyedLock();

/**
 * An image with the root file system of a minimal Debian in one layer: some 7,000 files, links, odd modes and long names. Needs root, for chroot.
 * The tar is made once, by debootstrap, and kept in `.cache/debian`; its digests last as long as the cache.
 */
export async function buildDebianImage(options: Partial<BuildImageOptions> = {}): Promise<FixtureImage> {
  const tar = await readFile(await makeDebianTar());
  return buildImage({ layers: [tar], config: { Cmd: ['/bin/bash'] }, ...options });
}

/** Resolves to a tar of the root file system. */
export async function makeDebianTar(): Promise<string> {
  const folder = join(CACHE_FOLDER, 'debian');
  const target = join(folder, `${SUITE}-minbase.tar`);
  return await locks.run(target, async () => {
    if (!(await isThere(target))) await bootstrap(folder, target);
    return target;
  });
}

async function bootstrap(folder: string, target: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, 'staging-'));
  const root = join(work, 'root');
  const peer = await unpackPackages(DEBIAN_PACKAGES);
  const keyring = join(peer, 'usr/share/keyrings/debian-archive-keyring.gpg');
  try {
    // debootstrap runs the programs of the new root, which must not be given libraries of this one.
    const { LD_LIBRARY_PATH: _, ...env } = peerEnvironment(peer, work);
    const args = ['--variant=minbase', `--keyring=${keyring}`, SUITE, root, MIRROR];
    await checkProgram(join(peer, 'usr/sbin/debootstrap'), args, {
      env: { ...env, DEBOOTSTRAP_DIR: join(peer, 'usr/share/debootstrap') },
      timeoutMs: 280_000,
    });
    await releaseMounts(root);
    for (const path of ['var/cache/apt/archives', 'var/lib/apt/lists', 'var/log']) await emptyFolder(join(root, path));
    const stable = ['--sort=name', '--mtime=@1767225600', '--numeric-owner', '--one-file-system'];
    await checkProgram('tar', [...stable, '-C', root, '-cf', join(work, 'root.tar'), '.']);
    await rename(join(work, 'root.tar'), target);
  } finally {
    await releaseMounts(work);
    await rm(work, { recursive: true, force: true });
  }
}

async function emptyFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true });
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
