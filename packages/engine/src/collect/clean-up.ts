import { deleteLease } from '../leases/delete-lease.ts';
import { findDeadLeases } from '../leases/find-dead-leases.ts';
import { type CollectParts, collect } from './collect.ts';
import { emptyTrash, sweepSnapshots, sweepTries, sweepUploads } from './sweep.ts';

export interface CleanUpOutcome {
  /** Commands that ended without a chance to clean up. */
  readonly deadLeases: number;
  readonly uploads: number;
  readonly snapshots: number;
}

/** What was downloaded before a command was killed is kept this long, for the next try. */
const RESUME_MS = 60 * 60 * 1000;

/** Clears away what dead commands left. Cheap when there is nothing: a few folders are listed. */
export async function cleanUp(parts: CollectParts): Promise<CleanUpOutcome> {
  const { home, state, removeTree } = parts;
  // Before the first write: on a full disk it may be what makes it possible.
  await emptyTrash(home, removeTree);
  const dead = await findDeadLeases(home.leases, state);
  if (dead.length > 0) {
    await state.write((tx) => {
      for (const id of dead) deleteLease(tx, id);
    });
  }
  const uploads = sweepUploads(home, state);
  const snapshots = sweepSnapshots(home, state);
  await sweepTries(home);
  await emptyTrash(home, removeTree);
  if (dead.length > 0) await collect(parts, { keepYoungerMs: RESUME_MS });
  return { deadLeases: dead.length, uploads, snapshots };
}
