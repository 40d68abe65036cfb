import type { Digest } from '@slipway/oci';
import type { SnapshotMedium } from './snapshotter.ts';

/** The key of a layer that needs nothing from below: every chain with this diffId shares it. */
export function independentKey(diffId: Digest): string {
  return `diff:${diffId}`;
}

/** The key of a layer that is right on top of one chain alone. */
export function chainKey(chainId: Digest): string {
  return `chain:${chainId}`;
}

/** The keys to look under, the best first. A copied snapshot holds the layers below as well: it always belongs to its chain. */
export function keysOf(medium: SnapshotMedium, layer: { readonly diffId: Digest; readonly chainId: Digest }): readonly string[] {
  const chain = chainKey(layer.chainId);
  return medium === 'copy' ? [chain] : [chain, independentKey(layer.diffId)];
}
