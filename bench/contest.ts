import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandMemoryCase, Contestant, ContestCase } from './bench-case.ts';
import { type CompareOptions, type Comparison, judgeRatio, type Run } from './compare.ts';
import { median } from './median.ts';

interface Standing {
  readonly contestant: Contestant;
  readonly runs: Run[];
}

/** All do the work in turns, so that they see the machine's moods alike; each starts from the same state. */
export async function runContest(item: ContestCase, options: CompareOptions): Promise<Comparison> {
  const folder = join(options.folder, item.name);
  await mkdir(folder, { recursive: true });
  await using contest = await item.prepare({ folder, signal: options.signal });
  const ours: Standing = { contestant: contest.ours, runs: [] };
  const peers: Standing[] = contest.peers.map((contestant) => ({ contestant, runs: [] }));
  for (let round = 0; round < (options.rounds ?? item.rounds); round++) {
    for (const { contestant, runs } of [ours, ...peers]) {
      options.signal.throwIfAborted();
      await contestant.reset();
      const { amount, seconds } = await contestant.run();
      runs.push({ figure: amount / seconds, costMs: NaN });
    }
  }
  const ranked = peers.toSorted((one, other) => figureOf(other) - figureOf(one));
  const best = ranked[0] ?? ours;
  const ratio = figureOf(ours) / figureOf(best);
  const peerNames = `peers: ${ranked.map((peer) => `${peer.contestant.name} ${figureOf(peer).toPrecision(3)} ${item.unit}`).join(', ')}`;
  return { case: item, ours: ours.runs, peers: best.runs, ratio, costRatio: NaN, peerNames, verdict: judgeRatio(item.target, ratio) };
}

export async function measureCommands(item: CommandMemoryCase, options: CompareOptions): Promise<Comparison> {
  const folder = join(options.folder, item.name);
  await mkdir(folder, { recursive: true });
  const { ours, peer } = await item.measure({ folder, signal: options.signal });
  const verdict = ours <= item.ceilingMegabytes ? 'met' : 'below target';
  const runOf = (figure: number): Run => ({ figure, costMs: NaN });
  return { case: item, ours: [runOf(ours)], peers: [runOf(peer)], ratio: ours / peer, costRatio: NaN, verdict };
}

function figureOf({ runs }: Standing): number {
  return median(runs.map(({ figure }) => figure));
}
