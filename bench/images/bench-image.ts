import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildImageOptions, buildImage, type FixtureImage } from '@slipway/testkit';
import { makeDebianTar } from '../../e2e/peers/debian-image.ts';
import { checkProgram } from '../../e2e/peers/program.ts';
import { unpackPackages } from '../../e2e/peers/unpack-packages.ts';

/** What teams put on top of a base: compilers, runtimes, headers, many small files and some large ones. Named one by one: the host may have them. */
const PACKAGES = [
  ['gcc-12', 'cpp-12'],
  ['libstdc++-12-dev', 'libc6-dev', 'linux-libc-dev'],
  ['libruby3.1', 'libicu72'],
  ['python3.11-minimal', 'libpython3.11-minimal', 'libpython3.11-stdlib'],
  ['vim-runtime'],
] as const;

export interface BenchImage {
  readonly image: FixtureImage;
  /** The tars of its layers, the lowest first. */
  readonly layers: readonly Buffer[];
  /** Of the tars. */
  readonly megabytes: number;
}

/** Six layers of real files, some 400 MB: a minimal Debian, and five sets of packages. */
export async function buildBenchImage(options: Partial<BuildImageOptions> = {}): Promise<BenchImage> {
  const layers = [await readFile(await makeDebianTar())];
  for (const names of PACKAGES) layers.push(await tarOf(await unpackPackages(names)));
  const megabytes = layers.reduce((sum, tar) => sum + tar.length, 0) / 1e6;
  return { layers, megabytes, image: buildImage({ layers, config: { Cmd: ['/bin/bash'] }, ...options }) };
}

async function tarOf(root: string): Promise<Buffer<ArrayBuffer>> {
  const folder = await mkdtemp(join(root, '..', 'tar-'));
  try {
    const file = join(folder, 'layer.tar');
    const stable = ['--sort=name', '--mtime=@1767225600', '--numeric-owner', '--exclude=./packages.json'];
    await checkProgram('tar', [...stable, '-C', root, '-cf', file, '.']);
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
