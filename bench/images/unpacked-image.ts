import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@slipway/base/node';
import { type Engine, openEngine } from '@slipway/engine';
import { type Digest, parseReference, withDefaultTag } from '@slipway/oci';
import { chainIdsOf } from '@slipway/oci/node';
import { checkProgram } from '../../e2e/peers/program.ts';

export interface UnpackedImage {
  /** Slipway's home folder. */
  readonly home: string;
  readonly name: string;
  /** The tars of the layers, the lowest first. */
  readonly layers: readonly Buffer[];
}

/** Puts an image into a home as a build leaves it: files in snapshots, nothing packed. Needs root, for the files' owners. */
export async function addUnpackedImage({ home, name, layers }: UnpackedImage): Promise<void> {
  const worker = new URL('../../apps/cli/src/snapshot-worker.ts', import.meta.url);
  await using engine = await openEngine({ home, clock: systemClock, searchPath: process.env['PATH'] ?? '', worker });
  const folder = await mkdtemp(join(home, '..', 'layers-'));
  try {
    await addImage(engine, { folder, name, layers });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Adding extends Omit<UnpackedImage, 'home'> {
  /** For scratch files. */
  readonly folder: string;
}

async function addImage(engine: Engine, { folder, name, layers }: Adding): Promise<void> {
  await using lease = await engine.leases.open('bench');
  const [snapshots, workers] = [await engine.snapshots(), await engine.workers()];
  const layerSizes = new Map<Digest, number>();
  const diffIds: Digest[] = [];
  for (const tar of layers) {
    const active = await snapshots.prepare({ parents: diffIds, lease });
    const file = join(folder, 'layer.tar');
    await writeFile(file, tar);
    await checkProgram('tar', ['--numeric-owner', '-xf', file, '-C', active.folder]);
    const source = { kind: 'overlay', upper: active.folder, lowers: active.lowers, xattrs: snapshots.xattrs ?? 'trusted' } as const;
    const { diffId, fileBytes } = await workers.run('diff', { source, output: file, compression: { kind: 'none' } });
    const chainId = chainIdsOf([...diffIds, diffId]).at(-1) ?? diffId;
    await snapshots.commit(active, { diffId, chainId, sizeBytes: fileBytes });
    layerSizes.set(diffId, fileBytes);
    diffIds.push(diffId);
  }
  const config = { architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: diffIds } };
  const stored = await engine.content.put(Buffer.from(JSON.stringify(config)), { lease });
  const names = [withDefaultTag(parseReference(name))];
  await engine.images.add({ lease, config: stored, manifests: [], names, digests: [], layerSizes });
}
