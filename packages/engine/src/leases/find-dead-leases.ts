import { readdirSync } from 'node:fs';
import type { StateReader } from '../state/state-database.ts';
import { loadTakeLock, removeIfDead } from './lease-file.ts';

const LEASE_ID = /^[0-9a-z]{26}$/;

/** The leases whose commands are no more. Their files are gone when this resolves; what the state says of them is left to the caller. */
export async function findDeadLeases(folder: string, state: StateReader): Promise<readonly string[]> {
  const rows = state.all<{ id: string }>('SELECT id FROM lease').map(({ id }) => id);
  const ids = new Set([...rows, ...readdirSync(folder).filter((name) => LEASE_ID.test(name))]);
  if (ids.size === 0) return [];
  const takeLock = await loadTakeLock();
  return [...ids].filter((id) => removeIfDead(folder, id, takeLock));
}
