import { readFile } from 'node:fs/promises';

// USER_HZ, which Linux fixes at 100 on every platform that Node.js runs on.
const TICK_MS = 10;

export interface ProcessorTime {
  /** The thread's name, or the program's. */
  readonly name: string;
  readonly userMs: number;
  readonly systemMs: number;
}

/** What a process (`/proc/PID/stat`) or a thread (`/proc/PID/task/ID/stat`) used so far. */
export async function readProcessorTime(statFile: string): Promise<ProcessorTime> {
  const text = await readFile(statFile, 'utf8');
  // The name may hold spaces and parentheses; the fields count from behind its last one.
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ');
  return { name: text.slice(text.indexOf('(') + 1, end), userMs: Number(fields[11]) * TICK_MS, systemMs: Number(fields[12]) * TICK_MS };
}

/** All threads of the process, ended ones too. */
export async function processorMs(pid: number): Promise<number> {
  const { userMs, systemMs } = await readProcessorTime(`/proc/${pid}/stat`);
  return userMs + systemMs;
}
