import { renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@slipway/base';
import { type Digest, hexOf } from '@slipway/oci';
import { Layout } from '@slipway/storage/blob/layout';
import type { Home } from '../home.ts';
import type { StateDatabase, StateTransaction } from '../state/state-database.ts';
import { forgetUnneeded, neededContent } from './needed-content.ts';
import { emptyTrash, type RemoveTree, sweepSnapshots } from './sweep.ts';
import { unneededSnapshots } from './unneeded-snapshots.ts';

export interface CollectOptions {
  /** Spares what is younger: content of a pull that was cut off serves the next try. 0 when absent. */
  readonly keepYoungerMs?: number;
  readonly signal?: AbortSignal;
}

export interface CollectOutcome {
  readonly contentCount: number;
  readonly contentBytes: number;
  readonly snapshotCount: number;
  readonly snapshotBytes: number;
}

export interface CollectParts {
  readonly home: Home;
  readonly state: StateDatabase;
  readonly clock: Clock;
  readonly removeTree: RemoveTree;
}

interface StoredFile {
  readonly digest: Digest;
  readonly path: string;
}

interface Dropped {
  readonly count: number;
  readonly bytes: number;
}

/**
 * Frees what no image and no running command needs. Content is taken away inside the transaction that finds it unneeded: who relies on content holds it in a
 * transaction of its own and then looks, and so either comes first, or looks in vain.
 */
export async function collect(parts: CollectParts, options: CollectOptions = {}): Promise<CollectOutcome> {
  const { home, state, clock, removeTree } = parts;
  const { keepYoungerMs = 0, signal } = options;
  const beforeMs = keepYoungerMs > 0 ? clock.now() - keepYoungerMs : Number.POSITIVE_INFINITY;
  const files = await listContent(home);
  const dropped = await state.write(
    (tx) => {
      const snapshots = dropSnapshots(tx, beforeMs);
      forgetUnneeded(tx);
      return { snapshots, content: dropContent(tx, { home, files, beforeMs }) };
    },
    signal === undefined ? {} : { signal },
  );
  sweepSnapshots(home, state);
  await emptyTrash(home, removeTree);
  return {
    contentCount: dropped.content.count,
    contentBytes: dropped.content.bytes,
    snapshotCount: dropped.snapshots.count,
    snapshotBytes: dropped.snapshots.bytes,
  };
}

async function listContent(home: Home): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  for await (const file of new Layout(home.content).walkBlobs()) files.push(file);
  return files;
}

/** Only the rows: a folder without a row is swept later, whatever happens in between. */
function dropSnapshots(tx: StateTransaction, beforeMs: number): Dropped {
  const snapshots = unneededSnapshots(tx).filter(({ createdAtMs }) => createdAtMs < beforeMs);
  for (const { id } of snapshots) tx.run('DELETE FROM snapshot WHERE id = ?', id);
  return { count: snapshots.length, bytes: snapshots.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
}

interface ContentToDrop {
  readonly home: Home;
  readonly files: readonly StoredFile[];
  readonly beforeMs: number;
}

/** To the trash, which takes no time: unlinking large files would keep other commands waiting. */
function dropContent(tx: StateTransaction, { home, files, beforeMs }: ContentToDrop): Dropped {
  const needed = neededContent(tx);
  let count = 0;
  let bytes = 0;
  for (const { digest, path } of files.filter((file) => !needed.has(file.digest))) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined || found.mtimeMs >= beforeMs) continue;
    renameSync(path, join(home.trash, `blob-${hexOf(digest)}`));
    count += 1;
    bytes += found.size;
  }
  return { count, bytes };
}
