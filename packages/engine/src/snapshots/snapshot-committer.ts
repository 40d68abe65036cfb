import { engineError } from '../errors.ts';
import type { Home } from '../home.ts';
import type { StateDatabase } from '../state/state-database.ts';
import { chainKey, independentKey } from './layer-key.ts';
import { dropWorkFolder, filesOf, linkOf, moveToTrash } from './snapshot-folders.ts';
import type { RunSnapshotJob } from './snapshot-jobs.ts';
import { type CommitOutcome, commitRow } from './snapshot-rows.ts';
import type { SnapshotCommit, SnapshotMedium, SnapshotRef } from './snapshotter.ts';

export interface SnapshotCommitterOptions {
  readonly home: Home;
  readonly state: StateDatabase;
  readonly medium: SnapshotMedium;
  readonly runJob: RunSnapshotJob;
}

/**
 * Turns active snapshots into layers: sync all files, then the rows in one transaction, so that a row says that the files survive a power cut.
 * Whoever was second with a layer gives its own files up.
 */
export class SnapshotCommitter {
  readonly #options: SnapshotCommitterOptions;

  constructor(options: SnapshotCommitterOptions) {
    this.#options = options;
  }

  async commitAll(commits: readonly SnapshotCommit[]): Promise<readonly SnapshotRef[]> {
    if (commits.length === 0) return [];
    const { home, state, runJob } = this.#options;
    const trash = commits.flatMap(({ active }) => dropWorkFolder(home, active.id) ?? []);
    await runJob('syncFiles', { folder: home.snapshots });
    const outcomes = await state.write((transaction) =>
      commits.map((commit) => {
        const outcome = commitRow(transaction, this.#rowOf(commit));
        trash.push(...this.#clearLosers(commit, outcome));
        return outcome;
      }),
    );
    for (const folder of trash) await runJob('removeTree', { folder });
    return outcomes.map((outcome, position) => refOf(home, outcome, commits[position]?.active.id ?? ''));
  }

  #rowOf({ active, layer }: SnapshotCommit) {
    const { medium } = this.#options;
    const isIndependent = layer.isIndependent === true && medium === 'overlay';
    const key = isIndependent ? independentKey(layer.diffId) : chainKey(layer.chainId);
    return { id: active.id, key, medium, sizeBytes: layer.sizeBytes };
  }

  #clearLosers({ active }: SnapshotCommit, outcome: CommitOutcome): string[] {
    const { home } = this.#options;
    if (outcome.kind === 'lost') return [moveToTrash(home, active.id)];
    if (outcome.kind === 'committed' && outcome.replaced !== undefined) return [moveToTrash(home, outcome.replaced)];
    return [];
  }
}

function refOf(home: Home, outcome: CommitOutcome, id: string): SnapshotRef {
  if (outcome.kind === 'gone') throw engineError('SNAPSHOT_GONE', `Cannot keep the files of snapshot ${id}: they were removed meanwhile`);
  return { ...outcome.row, folder: filesOf(home, outcome.row.id), link: linkOf(home, outcome.row.id) };
}
