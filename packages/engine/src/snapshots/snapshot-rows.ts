import type { StateReader, StateTransaction } from '../state/state-database.ts';
import type { SnapshotMedium } from './snapshotter.ts';

export interface SnapshotRow {
  readonly id: string;
  readonly key: string;
  readonly sizeBytes: number;
}

/** The committed snapshots with these keys, by key. Those of another medium cannot be mounted here, and are none. */
export function readSnapshots(reader: StateReader, medium: SnapshotMedium, keys: readonly string[]): Map<string, SnapshotRow> {
  const rows = reader.all<SnapshotRow>(
    `SELECT id, key, size_bytes AS sizeBytes FROM snapshot
     WHERE key IN (SELECT value FROM json_each(?)) AND medium = ? AND kind = 'committed'`,
    JSON.stringify(keys),
    medium,
  );
  return new Map(rows.map((row) => [row.key, row]));
}

export interface ActiveRow {
  readonly id: string;
  readonly medium: SnapshotMedium;
  readonly createdAtMs: number;
}

export function insertActive(transaction: StateTransaction, row: ActiveRow): void {
  transaction.run(
    `INSERT INTO snapshot (id, key, kind, medium, size_bytes, created_at_ms) VALUES (?, NULL, 'active', ?, 0, ?)`,
    row.id,
    row.medium,
    row.createdAtMs,
  );
}

export function isCommitted(reader: StateReader, id: string): boolean {
  return reader.get(`SELECT id FROM snapshot WHERE id = ? AND kind = 'committed'`, id) !== undefined;
}

export function deleteSnapshot(transaction: StateTransaction, id: string): void {
  transaction.run('DELETE FROM lease_snapshot WHERE snapshot_id = ?', id);
  transaction.run('DELETE FROM snapshot WHERE id = ?', id);
}

export interface CommittedRow {
  readonly id: string;
  readonly key: string;
  readonly medium: SnapshotMedium;
  readonly sizeBytes: number;
}

/**
 * - `committed`: the active snapshot is the layer now; `replaced` is one of another medium that had the key.
 * - `lost`: another process was first; whoever held the active snapshot holds that one now.
 * - `gone`: no such active snapshot, its lease ended.
 */
export type CommitOutcome =
  | { readonly kind: 'committed'; readonly row: SnapshotRow; readonly replaced: string | undefined }
  | { readonly kind: 'lost'; readonly row: SnapshotRow }
  | { readonly kind: 'gone' };

export function commitRow(transaction: StateTransaction, { id, key, medium, sizeBytes }: CommittedRow): CommitOutcome {
  const active = transaction.get<{ id: string }>(`SELECT id FROM snapshot WHERE id = ? AND kind = 'active'`, id);
  if (active === undefined) return { kind: 'gone' };
  const other = transaction.get<SnapshotRow & { medium: SnapshotMedium }>(
    'SELECT id, key, medium, size_bytes AS sizeBytes FROM snapshot WHERE key = ?',
    key,
  );
  if (other !== undefined && other.medium === medium) {
    transaction.run(
      'INSERT OR IGNORE INTO lease_snapshot (lease_id, snapshot_id) SELECT lease_id, ? FROM lease_snapshot WHERE snapshot_id = ?',
      other.id,
      id,
    );
    deleteSnapshot(transaction, id);
    return { kind: 'lost', row: { id: other.id, key, sizeBytes: other.sizeBytes } };
  }
  if (other !== undefined) deleteSnapshot(transaction, other.id);
  transaction.run(`UPDATE snapshot SET key = ?, kind = 'committed', size_bytes = ? WHERE id = ?`, key, sizeBytes, id);
  return { kind: 'committed', row: { id, key, sizeBytes }, replaced: other?.id };
}
