import type { ChangeLedger } from './change-ledger.ts';
import type { TrialCatalogue } from './trial-catalogue.ts';

/** An upload session that was left open on purpose. */
export interface OpenUpload {
  readonly repository: string;
  /** Path and query. */
  readonly location: string;
  readonly bytes: Buffer;
  /** How many bytes the server said it has. */
  acknowledgedBytes: number;
}

export interface PushCount {
  acknowledged: number;
  /** Pushes without an answer: they count, or not. */
  lost: number;
}

/** What all clients of a trial share: what they know, and how garbage is collected while they work. */
export interface TrialWorld {
  readonly ledger: ChangeLedger;
  readonly catalogue: TrialCatalogue;
  readonly openUploads: Set<OpenUpload>;
  readonly pushCounts: Map<string, PushCount>;
  /** What was done, by name of the action: shows that a run tried everything. */
  readonly tally: Map<string, number>;
  /** The grace period of garbage collection, now; undefined while nothing is collected. */
  graceMs: number | undefined;
  /** After how long manifests without a tag go; undefined when they stay. */
  readonly untaggedMs: number | undefined;
}

export function createTrialWorld(
  parts: Pick<TrialWorld, 'ledger' | 'catalogue'> & { readonly graceMs?: number; readonly untaggedMs?: number },
): TrialWorld {
  const { ledger, catalogue, graceMs, untaggedMs } = parts;
  return { ledger, catalogue, openUploads: new Set(), pushCounts: new Map(), tally: new Map(), graceMs, untaggedMs };
}

export function count(world: TrialWorld, action: string): void {
  world.tally.set(action, (world.tally.get(action) ?? 0) + 1);
}

/** `action: times`, in alphabetical order. */
export function formatTally({ tally }: TrialWorld): string {
  return [...tally]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([action, times]) => `${action}: ${times}`)
    .join(', ');
}

export function pushCountOf(world: TrialWorld, repository: string): PushCount {
  const known = world.pushCounts.get(repository);
  if (known !== undefined) return known;
  const made = { acknowledged: 0, lost: 0 };
  world.pushCounts.set(repository, made);
  return made;
}
