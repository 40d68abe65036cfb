import type { BenchCase } from './bench-case.ts';
import { type CompareOptions, type Comparison, compareServers } from './compare.ts';
import { measureCommands, runContest } from './contest.ts';

/** Runs one case: a contest of command lines, or a comparison of servers. */
export async function runCase(item: BenchCase, options: CompareOptions): Promise<Comparison> {
  if (item.kind === 'contest') return await runContest(item, options);
  if (item.kind === 'command-memory') return await measureCommands(item, options);
  return await compareServers(item, options);
}
