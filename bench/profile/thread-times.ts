import { readdir } from 'node:fs/promises';
import { type ProcessorTime, readProcessorTime } from '../processor-time.ts';

export interface ThreadTime extends ProcessorTime {
  readonly id: string;
}

/** Processor time of each thread of the process so far: what a profile of the main thread does not show. */
export async function readThreadTimes(pid: number): Promise<ThreadTime[]> {
  const ids = await readdir(`/proc/${pid}/task`);
  return await Promise.all(ids.map(async (id) => ({ id, ...(await readProcessorTime(`/proc/${pid}/task/${id}/stat`)) })));
}

/** What was used in between, busiest first; threads that did nothing are left out. */
export function subtractThreadTimes(after: readonly ThreadTime[], before: readonly ThreadTime[]): ThreadTime[] {
  const differences = after.map((thread) => {
    const earlier = before.find(({ id }) => id === thread.id);
    return { ...thread, userMs: thread.userMs - (earlier?.userMs ?? 0), systemMs: thread.systemMs - (earlier?.systemMs ?? 0) };
  });
  return differences.filter(({ userMs, systemMs }) => userMs + systemMs > 0).sort((a, b) => b.userMs + b.systemMs - a.userMs - a.systemMs);
}
