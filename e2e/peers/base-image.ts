import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildImageOptions, buildImage, type FixtureImage, type LayerEntry, randomBlob } from '@slipway/testkit';
import { checkProgram } from './program.ts';
import { unpackPackages } from './unpack-packages.ts';

/** An image of three layers that can run: busybox, a minimal /etc, and some incompressible content. Other `seed`, other content. */
export async function buildBusyboxImage(options: Partial<BuildImageOptions> & { readonly seed?: string } = {}): Promise<FixtureImage> {
  const { seed = 'base', ...rest } = options;
  const root = await unpackPackages(['busybox-static']);
  const program = join(root, 'bin/busybox');
  const applets = (await checkProgram(program, ['--list'])).trim().split('\n');
  const system: LayerEntry[] = [
    ...['bin/', 'dev/', 'etc/', 'proc/', 'sys/', 'root/'].map((path) => ({ path })),
    { path: 'tmp/', mode: 0o1777 },
    { path: 'bin/busybox', mode: 0o755, content: await readFile(program) },
    ...applets.filter((applet) => applet !== 'busybox').map((applet) => ({ path: `bin/${applet}`, linkTarget: 'busybox' })),
  ];
  const settings: LayerEntry[] = [
    { path: 'etc/passwd', content: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' },
    { path: 'etc/group', content: 'root:x:0:\nnogroup:x:65534:\n' },
    { path: 'etc/hostname', content: `${seed}\n` },
  ];
  const content: LayerEntry[] = [{ path: 'srv/' }, { path: 'srv/content', content: randomBlob(300_000, seed) }];
  return buildImage({ layers: [system, settings, content], config: { Cmd: ['sh'], Env: ['PATH=/bin'] }, ...rest });
}
