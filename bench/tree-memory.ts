import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const INTERVAL_MS = 40;

/**
 * Runs the work and resolves to the most memory that it needed at one moment, in MB: all processes below this one that began meanwhile, and those
 * that are named, with what they start. Memory that several share counts once (Pss).
 */
export async function peakTreeMegabytes(work: () => Promise<void>, roots: readonly number[] = []): Promise<number> {
  const before = new Set((await descendantsOf([process.pid])).filter((pid) => !roots.includes(pid)));
  const done = new AbortController();
  let peakKilobytes = 0;
  const watching = (async () => {
    while (!done.signal.aborted) {
      const below = (await descendantsOf([process.pid])).filter((pid) => !before.has(pid));
      const all = new Set([...below, ...roots, ...(await descendantsOf(roots))]);
      const sizes = await Promise.all([...all].map(proportionalKilobytes));
      peakKilobytes = Math.max(
        peakKilobytes,
        sizes.reduce((sum, size) => sum + size, 0),
      );
      await delay(INTERVAL_MS);
    }
  })();
  try {
    await work();
  } finally {
    done.abort();
    await watching;
  }
  return (peakKilobytes * 1024) / 1e6;
}

async function descendantsOf(roots: readonly number[]): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const parent = /^\d+ \(.*\) \S (\d+)/s.exec(stat)?.[1];
    if (parent !== undefined) parents.set(pid, Number(parent));
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (roots.includes(parent) || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow);
}

/** 0 for a process that is gone. */
async function proportionalKilobytes(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
}
