import type { Digest } from '@slipway/oci';
import type { StateReader } from '../state/state-database.ts';

/** What blobs with this digest were found to hold. */
export function knownDiffIds(state: StateReader, digest: Digest): readonly Digest[] {
  return state.all<{ diffId: Digest }>('SELECT diff_id AS diffId FROM layer_blob WHERE digest = ?', digest).map(({ diffId }) => diffId);
}

/** Whether the layer in this blob is unpacked, alone or in the chain of some image: then it is most likely there for the image that comes, too. */
export function isUnpackedSomewhere(state: StateReader, digest: Digest): boolean {
  const found = state.get<{ id: string }>(
    `SELECT s.id FROM layer_blob b JOIN snapshot s ON s.key = 'diff:' || b.diff_id WHERE b.digest = ?1
     UNION ALL
     SELECT s.id FROM layer_blob b JOIN image_layer l ON l.diff_id = b.diff_id JOIN snapshot s ON s.key = 'chain:' || l.chain_id WHERE b.digest = ?1
     LIMIT 1`,
    digest,
  );
  return found !== undefined;
}
