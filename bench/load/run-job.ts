import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { benchError } from '../errors.ts';
import type { Job, JobReport, JobResult } from './job.ts';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** Runs the job in a process of its own. Rejects with LOAD_FAILED when any answer was not as it should be; an abort kills the process. */
export async function runJob(job: Job, signal: AbortSignal): Promise<JobResult> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<JobResult>();
  const child = fork(WORKER, { signal, killSignal: 'SIGKILL', execArgv: ['--disable-warning=ExperimentalWarning'] });
  child.on('error', reject);
  child.on('exit', (code) => reject(benchError('LOAD_FAILED', `The load process ended with ${code} before it reported`)));
  child.on('message', (report: JobReport) => {
    if (report.kind === 'done') resolve(report.result);
    else reject(benchError('LOAD_FAILED', report.message));
  });
  child.send(job);
  return await promise;
}
