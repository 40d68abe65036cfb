import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchCase, CaseContext, MemoryCase, ThroughputCase, TimedRun } from './bench-case.ts';
import { median } from './median.ts';
import { processorMs } from './processor-time.ts';
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

/** One run: how fast, in the case's unit, and at what cost to the server's processors (all threads, in ms a unit of work). */
export interface Run {
  readonly figure: number;
  readonly costMs: number;
}

export interface Comparison {
  readonly case: BenchCase;
  /** In the order of the runs. */
  readonly ours: readonly Run[];
  readonly peers: readonly Run[];
  /** Medians of the figures, ours divided by the peer's. */
  readonly ratio: number;
  /** Medians of the costs, the peer's divided by ours: what a busy machine disturbs least. */
  readonly costRatio: number;
  /** Who the peer is, where it is not distribution, and how the others of a contest did. */
  readonly peerNames?: string;
  readonly verdict: 'met' | 'below target' | 'slower than the peer' | 'info';
}

/** Runs one case on fresh servers, ours and the peer alternately: only one is under load at a time, and both see the machine's moods alike. */
export async function compareServers(item: ThroughputCase | MemoryCase, options: CompareOptions): Promise<Comparison> {
  const folder = join(options.folder, item.name);
  const scratch = join(folder, 'scratch');
  await mkdir(scratch, { recursive: true });
  await using slipway = await startSlipway({ folder: join(folder, 'slipway'), signal: options.signal, nodeOptions: options.nodeOptions });
  await using distribution = await startDistribution({ folder: join(folder, 'distribution'), signal: options.signal });
  const contextOf = (server: BenchServer): CaseContext => ({ server, folder: scratch, signal: options.signal });
  if (item.kind === 'memory') {
    const ours = [{ figure: await item.measure(contextOf(slipway)), costMs: NaN }];
    const peers = [{ figure: await item.measure(contextOf(distribution)), costMs: NaN }];
    return judge(item, ours, peers);
  }
  const runOurs = await item.prepare(contextOf(slipway));
  const runPeer = await item.prepare(contextOf(distribution));
  const ours: Run[] = [];
  const peers: Run[] = [];
  for (let round = 0; round < (options.rounds ?? item.rounds); round++) {
    options.signal.throwIfAborted();
    ours.push(await observe(slipway, runOurs));
    peers.push(await observe(distribution, runPeer));
  }
  return judge(item, ours, peers);
}

async function observe(server: BenchServer, run: TimedRun): Promise<Run> {
  const before = await processorMs(server.pid);
  const { amount, seconds } = await run();
  return { figure: amount / seconds, costMs: ((await processorMs(server.pid)) - before) / amount };
}

function judge(item: ThroughputCase | MemoryCase, ours: readonly Run[], peers: readonly Run[]): Comparison {
  const figure = median(ours.map((run) => run.figure));
  const ratio = figure / median(peers.map((run) => run.figure));
  const costRatio = median(peers.map((run) => run.costMs)) / median(ours.map((run) => run.costMs));
  const verdict = item.kind === 'memory' ? judgeMemory(item, figure) : judgeRatio(item.target, ratio);
  return { case: item, ours, peers, ratio, costRatio, verdict };
}

export function judgeRatio(target: number | undefined, ratio: number): Comparison['verdict'] {
  if (ratio < 1) return 'slower than the peer';
  if (target === undefined) return 'info';
  return ratio >= target ? 'met' : 'below target';
}

function judgeMemory({ ceilingMegabytes }: MemoryCase, peak: number): Comparison['verdict'] {
  return peak <= ceilingMegabytes ? 'met' : 'below target';
}
