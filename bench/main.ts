import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@slipway/base';
import { type BenchOptions, parseBenchOptions, usageOf } from './bench-options.ts';
import { ALL_CASES } from './cases/all-cases.ts';
import type { Comparison } from './compare.ts';
import { profileCase } from './profile/profile-case.ts';
import { comparisonRow, headingRow } from './report.ts';
import { runCase } from './run-case.ts';
import { openWorkFolder } from './work-folder.ts';
import { writeResults } from './write-results.ts';

const INTERRUPTED = 130;

const abort = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => abort.abort(new Error(`Interrupted by ${name}`)));

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(messageOf(abort.signal.aborted ? abort.signal.reason : error));
  process.exitCode = abort.signal.aborted ? INTERRUPTED : 2;
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseBenchOptions(args, ALL_CASES);
  if (options.isHelp) {
    console.log(usageOf(ALL_CASES));
    return 0;
  }
  await using folder = await openWorkFolder(options.folder);
  if (options.isProfile) {
    for (const item of options.cases) {
      if (item.kind !== 'throughput' && item.kind !== 'memory') continue;
      await profileCase(item, { folder: folder.path, nodeOptions: options.nodeOptions, signal: abort.signal });
    }
    return 0;
  }
  return await compareAll(options, folder.path);
}

/** 1 when some throughput is below the peer's. */
async function compareAll(options: BenchOptions, folder: string): Promise<number> {
  const comparisons: Comparison[] = [];
  console.log(headingRow());
  for (const item of options.cases) {
    const comparison = await runCase(item, { folder, rounds: options.rounds, nodeOptions: options.nodeOptions, signal: abort.signal });
    console.log(comparisonRow(comparison));
    comparisons.push(comparison);
    await rm(join(folder, item.name), { recursive: true, force: true });
  }
  console.log(`\nEvery figure: ${await writeResults(comparisons, new Date())}`);
  return comparisons.some(({ verdict }) => verdict === 'slower than the peer') ? 1 : 0;
}
