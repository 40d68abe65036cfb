import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { peerError } from './errors.ts';
import { hasProgram, killGroup } from './program.ts';

export interface DaemonOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Both output streams go here. */
  readonly logFile: string;
  /** Asked until it says true. */
  readonly isReady: () => Promise<boolean>;
}

export interface Daemon {
  readonly pid: number;
  logs(): Promise<string>;
  /** SIGTERM, then SIGKILL to the whole process group. Idempotent. */
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 40_000;
const STOP_TIMEOUT_MS = 15_000;

/** Starts a daemon in a process group of its own, and resolves once it is ready. It does not outlive this process, even one that is killed. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const log = await open(options.logFile, 'a');
  // The kernel ends the daemon when this process dies without a chance to clean up.
  const guard = (await hasProgram('setpriv')) ? ['setpriv', '--pdeathsig', 'TERM', '--'] : [];
  const [command = options.command, ...args] = [...guard, options.command, ...options.args];
  const child = spawn(command, args, { env: { ...options.env }, detached: true, stdio: ['ignore', log.fd, log.fd] });
  await log.close();
  let ended = false;
  const exited = once(child, 'exit').then(
    () => (ended = true),
    () => (ended = true),
  );
  const killNow = () => killGroup(child.pid, 'SIGKILL');
  process.once('exit', killNow);
  const logs = () => readFile(options.logFile, 'utf8');
  const stop = async () => {
    if (!ended) child.kill('SIGTERM');
    await Promise.race([exited, delay(STOP_TIMEOUT_MS, undefined, { ref: false })]);
    killNow();
    await exited;
    process.off('exit', killNow);
  };
  for (const deadline = AbortSignal.timeout(READY_TIMEOUT_MS); !(await options.isReady()); await delay(50)) {
    if (!ended && !deadline.aborted) continue;
    await stop();
    throw peerError(
      'DAEMON_FAILED',
      `"${options.command}" ${deadline.aborted ? 'was not ready in time' : 'ended early'}:\n${await logs()}`,
    );
  }
  return { pid: child.pid ?? 0, logs, stop };
}
