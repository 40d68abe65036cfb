import type { Descriptor, Digest, ImageConfig, ImageManifest } from '@slipway/oci';
import { chainIdsOf } from '@slipway/oci/node';
import { engineError } from '../errors.ts';

/** A layer in its place in an image. */
export interface ChainLayer {
  /** Its place, from 0 for the lowest. */
  readonly position: number;
  /** How many layers there are. */
  readonly count: number;
  readonly descriptor: Descriptor;
  readonly diffId: Digest;
  readonly chainId: Digest;
}

/** The layers of an image, the lowest first. Errors: LAYER_MISMATCH when manifest and config are not about the same number of layers. */
export function layersOf(manifest: ImageManifest, config: ImageConfig): ChainLayer[] {
  const diffIds = config.rootfs.diff_ids;
  const chainIds = chainIdsOf(diffIds);
  const count = manifest.layers.length;
  if (count !== diffIds.length) {
    throw engineError('LAYER_MISMATCH', `Cannot use the image: its manifest has ${count} layers, its config names ${diffIds.length}`);
  }
  return diffIds.map((diffId, position) => {
    const descriptor = manifest.layers[position];
    const chainId = chainIds[position];
    if (descriptor === undefined || chainId === undefined) throw new TypeError(`Cannot happen: the image has no layer ${position}`);
    return { position, count, descriptor, diffId, chainId };
  });
}

/** Errors: LAYER_MISMATCH. */
export function requireDiffId(layer: ChainLayer, actual: Digest): void {
  if (actual === layer.diffId) return;
  const { position, count, descriptor, diffId } = layer;
  const which = `layer ${position + 1} of ${count} (${descriptor.digest})`;
  throw engineError('LAYER_MISMATCH', `Cannot use the image: ${which} holds ${actual}, but the image config says ${diffId}`, {
    details: { position, digest: descriptor.digest, expected: diffId, actual },
  });
}
