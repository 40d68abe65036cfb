import type { Digest } from '../digest.ts';
import { digestBytes } from './digester.ts';

/** The chainId of each layer on top of the ones before it, in the order of `diffIds` (image-spec, "Layer ChainID"). */
export function chainIdsOf(diffIds: readonly Digest[]): Digest[] {
  const chainIds: Digest[] = [];
  for (const diffId of diffIds) {
    const parent = chainIds.at(-1);
    chainIds.push(parent === undefined ? diffId : digestBytes(`${parent} ${diffId}`));
  }
  return chainIds;
}
