import type { StateTransaction } from '../state/state-database.ts';

/** Forgets a lease, what it held and the snapshots that were active under it. Returns how many those were; their folders are swept later. */
export function deleteLease(tx: StateTransaction, id: string): number {
  const snapshots = tx.run(
    "DELETE FROM snapshot WHERE kind = 'active' AND id IN (SELECT snapshot_id FROM lease_snapshot WHERE lease_id = ?)",
    id,
  );
  tx.run('DELETE FROM lease WHERE id = ?', id);
  return snapshots;
}
