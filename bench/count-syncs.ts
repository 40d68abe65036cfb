import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hasProgram } from '../e2e/peers/program.ts';
import type { BenchServer } from './servers/bench-server.ts';

/** Prints how often the server forces files to disk during `work`, as strace sees it: the proof that both sides do equal work. */
export async function countSyncs(server: BenchServer, what: string, work: () => Promise<unknown>): Promise<void> {
  if (!(await hasProgram('strace'))) {
    console.log(`  ${server.name}: forcing to disk not checked, strace is not on this machine`);
    return;
  }
  const tracer = spawn(
    'strace',
    ['-f', '-qq', '-e', 'trace=fsync,fdatasync,syncfs,sync_file_range', '-e', 'signal=none', '-p', String(server.pid)],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const lines: string[] = [];
  tracer.stderr.setEncoding('utf8').on('data', (text: string) => lines.push(text));
  const closed = once(tracer, 'close');
  try {
    // A first run while strace attaches, a second one that counts.
    await work();
    lines.length = 0;
    await work();
  } finally {
    tracer.kill('SIGINT');
    await closed;
  }
  const calls = [...lines.join('').matchAll(/\b(fsync|fdatasync|syncfs|sync_file_range)\(/g)].map((match) => match[1] ?? '');
  const counts = [...new Set(calls)].map((name) => `${calls.filter((call) => call === name).length} x ${name}`);
  console.log(`  ${server.name}: ${what} takes ${counts.length === 0 ? 'no fsync at all: NOT DURABLE' : counts.join(', ')}`);
}
