import { readdir, readFile } from 'node:fs/promises';

export interface ThreadTime {
  readonly id: string;
  readonly name: string;
  readonly userMs: number;
  readonly systemMs: number;
}

// USER_HZ, which Linux fixes at 100 on every platform that Node.js runs on.
const TICK_MS = 10;

/** Processor time of each thread of the process so far: what a profile of the main thread does not show. */
export async function readThreadTimes(pid: number): Promise<ThreadTime[]> {
  const ids = await readdir(`/proc/${pid}/task`);
  return await Promise.all(ids.map((id) => readThread(pid, id)));
}

/** What was used in between, busiest first; threads that did nothing are left out. */
export function subtractThreadTimes(after: readonly ThreadTime[], before: readonly ThreadTime[]): ThreadTime[] {
  const differences = after.map((thread) => {
    const earlier = before.find(({ id }) => id === thread.id);
    return { ...thread, userMs: thread.userMs - (earlier?.userMs ?? 0), systemMs: thread.systemMs - (earlier?.systemMs ?? 0) };
  });
  return differences.filter(({ userMs, systemMs }) => userMs + systemMs > 0).sort((a, b) => b.userMs + b.systemMs - a.userMs - a.systemMs);
}

async function readThread(pid: number, id: string): Promise<ThreadTime> {
  const text = await readFile(`/proc/${pid}/task/${id}/stat`, 'utf8');
  // The name may hold spaces and parentheses; the fields count from behind its last one.
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ');
  return { id, name: text.slice(text.indexOf('(') + 1, end), userMs: Number(fields[11]) * TICK_MS, systemMs: Number(fields[12]) * TICK_MS };
}
