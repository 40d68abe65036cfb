import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchCase, MemoryCase, ThroughputCase, TimedRun } from './bench-case.ts';
import { median } from './median.ts';
import type { BenchServer } from './servers/bench-server.ts';
import { startDistribution } from './servers/distribution.ts';
import { startSlipway } from './servers/slipway.ts';

export interface CompareOptions {
  readonly folder: string;
  readonly rounds: number | undefined;
  /** For our server's Node.js. */
  readonly nodeOptions: readonly string[];
  readonly signal: AbortSignal;
}

export interface Comparison {
  readonly case: BenchCase;
  /** In the order of the runs. */
  readonly ours: readonly number[];
  readonly peers: readonly number[];
  /** Medians, ours divided by the peer's. */
  readonly ratio: number;
  readonly verdict: 'met' | 'below target' | 'slower than the peer' | 'info';
}

/** Runs one case on fresh servers, ours and the peer alternately: only one is under load at a time, and both see the machine's moods alike. */
export async function compare(item: BenchCase, options: CompareOptions): Promise<Comparison> {
  const folder = join(options.folder, item.name);
  await mkdir(join(folder, 'scratch'), { recursive: true });
  const ours: number[] = [];
  const peers: number[] = [];
  await using slipway = await startSlipway({ folder: join(folder, 'slipway'), signal: options.signal, nodeOptions: options.nodeOptions });
  await using distribution = await startDistribution({ folder: join(folder, 'distribution'), signal: options.signal });
  const prepare = (server: BenchServer): Promise<TimedRun> =>
    item.prepare({ server, folder: join(folder, 'scratch'), signal: options.signal });
  const runOurs = await prepare(slipway);
  const runPeer = await prepare(distribution);
  const rounds = item.kind === 'memory' ? 1 : (options.rounds ?? item.rounds);
  for (let round = 0; round < rounds; round++) {
    options.signal.throwIfAborted();
    ours.push(await runOurs());
    peers.push(await runPeer());
  }
  const ratio = median(ours) / median(peers);
  return { case: item, ours, peers, ratio, verdict: item.kind === 'memory' ? judgeMemory(item, ours) : judgeRatio(item, ratio) };
}

function judgeRatio({ target }: ThroughputCase, ratio: number): Comparison['verdict'] {
  if (ratio < 1) return 'slower than the peer';
  if (target === undefined) return 'info';
  return ratio >= target ? 'met' : 'below target';
}

function judgeMemory({ ceilingMegabytes }: MemoryCase, ours: readonly number[]): Comparison['verdict'] {
  return median(ours) <= ceilingMegabytes ? 'met' : 'below target';
}
