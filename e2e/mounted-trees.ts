import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@slipway/base/node';
import { openEngine } from '@slipway/engine';
import type { DockerDaemon } from './peers/docker-daemon.ts';
import { describeFileTree } from './peers/file-tree.ts';
import { checkProgram } from './peers/program.ts';
import type { SlipwayCommand } from './slipway-command.ts';

const WORKER = new URL('../apps/cli/src/snapshot-worker.ts', import.meta.url);

/** The files of an image as slipway unpacked them, mounted as a container would see them. Needs root. */
export async function slipwayTree({ home, env }: SlipwayCommand, name: string): Promise<string[]> {
  await using engine = await openEngine({ home, clock: systemClock, searchPath: env['PATH'] ?? '', worker: WORKER });
  const diffIds = engine.images.require(name).layers.map(({ diffId }) => diffId);
  await using lease = await engine.leases.open('mounted by a test');
  const [mount] = await (await engine.snapshots()).view(diffIds, lease);
  if (mount === undefined) throw new Error(`"${name}" has nothing to mount`);
  const lowers = mount.type === 'bind' ? [mount.folder] : mount.lowers;
  return await describeMounted(lowers, join(home, '..', 'slipway-mount'));
}

/** The files of an image as docker's overlay2 keeps them. */
export async function dockerTree(daemon: DockerDaemon, name: string, scratch: string): Promise<string[]> {
  const { stdout } = await daemon.docker(['image', 'inspect', '--format', '{{json .GraphDriver.Data}}', name]);
  const { UpperDir, LowerDir = '' } = JSON.parse(stdout) as { readonly UpperDir: string; readonly LowerDir?: string };
  const lowers = [UpperDir, ...LowerDir.split(':')].filter((folder) => folder !== '');
  return await describeMounted(lowers, join(scratch, 'docker-mount'));
}

async function describeMounted(lowers: readonly string[], target: string): Promise<string[]> {
  if (lowers.length === 1) return await describeFileTree(lowers[0] ?? '');
  await mkdir(target, { recursive: true });
  await checkProgram('mount', ['-t', 'overlay', 'overlay', '-o', `ro,lowerdir=${lowers.join(':')}`, target]);
  try {
    return await describeFileTree(target);
  } finally {
    await checkProgram('umount', [target]);
  }
}
