import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrialRun } from './trial-run.ts';
import { formatTally } from './trial-world.ts';

/** Checks all that is there, deletes it and collects the garbage. Resolves to the files of blobs that are left: none, if all is well. */
export async function finishTrial(run: TrialRun): Promise<string[]> {
  await run.audit('all');
  await run.deleteEverything();
  await run.collect({ graceSeconds: 0 });
  await run.expectEmpty();
  console.log(formatTally(run.world));
  return [...(await filesBelow(join(run.data, 'blobs'))), ...(await filesBelow(join(run.data, 'quarantine')))];
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}
