import { lstatSync, readdirSync } from 'node:fs';
import type { SnapshotUsage } from './snapshotter.ts';

export interface MeasureTreeInput {
  readonly folder: string;
}

const SLASH = Buffer.from('/');

/** Sums up the sizes of regular files and symlinks as docker does, each file with several names once. Files that go meanwhile do not count; follows no links. */
export async function measureTree({ folder }: MeasureTreeInput, job: { readonly signal?: AbortSignal } = {}): Promise<SnapshotUsage> {
  const linked = new Set<string>();
  const waiting = [Buffer.from(folder)];
  let sizeBytes = 0;
  let entries = 0;
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    job.signal?.throwIfAborted();
    for (const entry of readdirSync(at, { withFileTypes: true, encoding: 'buffer' })) {
      const path = Buffer.concat([at, SLASH, entry.name]);
      entries += 1;
      if (entry.isDirectory()) waiting.push(path);
      if (!entry.isFile() && !entry.isSymbolicLink()) continue;
      const seen = lstatSync(path, { throwIfNoEntry: false });
      if (seen === undefined || (seen.nlink > 1 && isKnown(linked, `${seen.dev}:${seen.ino}`))) continue;
      sizeBytes += seen.size;
    }
  }
  return { sizeBytes, entries };
}

function isKnown(known: Set<string>, name: string): boolean {
  if (known.has(name)) return true;
  known.add(name);
  return false;
}
