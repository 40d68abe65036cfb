import type { StateReader } from '../state/state-database.ts';

export interface UnneededSnapshot {
  readonly id: string;
  readonly sizeBytes: number;
  readonly createdAtMs: number;
}

/** Committed snapshots that are no layer of an image and that no running command holds. */
export function unneededSnapshots(reader: StateReader): UnneededSnapshot[] {
  return reader.all<UnneededSnapshot>(`
    SELECT id, size_bytes AS sizeBytes, created_at_ms AS createdAtMs FROM snapshot
    WHERE kind = 'committed'
      AND id NOT IN (SELECT snapshot_id FROM lease_snapshot)
      AND key NOT IN (SELECT 'chain:' || chain_id FROM image_layer)
      AND key NOT IN (SELECT 'diff:' || diff_id FROM image_layer)`);
}
