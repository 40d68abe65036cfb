import type { Digest } from '@slipway/oci';
import type { DiffSource } from '../diff/diff-source.ts';
import { engineError } from '../errors.ts';
import type { Lease } from '../leases/lease.ts';
import type { SnapshotRef, Snapshotter } from '../snapshots/snapshotter.ts';

/** A layer of an image, to be packed from its unpacked files. */
export interface LayerPlace {
  /** Of all the image's layers, the lowest first. */
  readonly diffIds: readonly Digest[];
  readonly position: number;
}

/** Where a layer's files are; the lease holds them. Errors: CONTENT_MISSING when they are gone too. */
export async function findLayerFiles(snapshots: Snapshotter, place: LayerPlace, lease: Lease): Promise<DiffSource> {
  const { layers } = await snapshots.holdChain(place.diffIds.slice(0, place.position + 1), lease);
  const top = requireLayer(layers, place, place.position);
  if (snapshots.medium === 'copy') {
    return {
      kind: 'compare',
      folder: top.folder,
      base: place.position === 0 ? undefined : requireLayer(layers, place, place.position - 1).folder,
    };
  }
  const below = layers.slice(0, -1).map((_, position) => requireLayer(layers, place, position).folder);
  return { kind: 'overlay', upper: top.folder, lowers: below.reverse(), xattrs: snapshots.xattrs ?? 'trusted' };
}

function requireLayer(
  layers: readonly (SnapshotRef | undefined)[],
  { diffIds, position: wanted }: LayerPlace,
  position: number,
): SnapshotRef {
  const layer = layers[position];
  if (layer !== undefined) return layer;
  const which = `layer ${wanted + 1} of ${diffIds.length} (${diffIds[wanted] ?? ''})`;
  const missing = position === wanted ? 'it is' : `the files of layer ${position + 1} below it are`;
  throw engineError('CONTENT_MISSING', `Cannot pack ${which}: ${missing} neither packed nor unpacked on this machine`);
}
