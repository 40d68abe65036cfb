import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { peerError } from './errors.ts';

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  /** The program and all it started are killed after this time; default two minutes. */
  readonly timeoutMs?: number;
}

export interface ProgramResult {
  /** 128 when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in a process group of its own; resolves however it exits. Rejects only when it can't be started. */
export async function runProgram(command: string, args: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
  const child = spawn(command, args, { cwd: options.cwd, env: { ...(options.env ?? process.env) }, detached: true });
  const kill = () => killGroup(child.pid, 'SIGKILL');
  const timer = setTimeout(kill, options.timeoutMs ?? 120_000);
  process.once('exit', kill);
  try {
    // A program that ends without reading its input breaks the pipe; its exit code tells the rest.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input);
    const outputs = Promise.all([child.stdout.setEncoding('utf8').toArray(), child.stderr.setEncoding('utf8').toArray()]);
    const [code] = (await once(child, 'close')) as [number | null];
    const [stdout, stderr] = await outputs;
    return { code: code ?? 128, stdout: stdout.join(''), stderr: stderr.join('') };
  } finally {
    clearTimeout(timer);
    process.off('exit', kill);
  }
}

/** Runs a program and resolves to its standard output; rejects with PROGRAM_FAILED and all output unless it exits 0. */
export async function checkProgram(command: string, args: readonly string[], options: ProgramOptions = {}): Promise<string> {
  const result = await runProgram(command, args, options);
  if (result.code === 0) return result.stdout;
  throw peerError('PROGRAM_FAILED', `"${command} ${args.join(' ')}" exited with ${result.code}:\n${result.stdout}${result.stderr}`);
}

/** Whether a program of that name is on the path. */
export async function hasProgram(name: string): Promise<boolean> {
  return (await runProgram('/bin/sh', ['-c', 'command -v -- "$1"', 'sh', name])).code === 0;
}

/** Signals a whole process group; one that is gone is no error. */
export function killGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
