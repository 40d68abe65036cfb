import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { Mount } from './mount.ts';
import { mountAll } from './mount-all.ts';

export interface RunMountedInput {
  readonly mounts: readonly Mount[];
  /** An empty folder to mount on; the program starts in it. */
  readonly target: string;
  /** Program and parameters; found through the PATH of `environment`. */
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
}

export interface RunMountedOutcome {
  /** Undefined when a signal ended the program. */
  readonly exitCode: number | undefined;
  /** The first MiB of each. */
  readonly stdout: string;
  readonly stderr: string;
}

const MAX_OUTPUT_LENGTH = 1024 * 1024;

/** Runs a program of this machine on the mounted tree of a snapshot, and unmounts when it has ended. Errors: MOUNT_FAILED, those of starting it. */
export async function runMounted(input: RunMountedInput, job: { readonly signal?: AbortSignal } = {}): Promise<RunMountedOutcome> {
  const { mounts, target, command, environment } = input;
  const [program, ...parameters] = command;
  using _mounted = mountAll(mounts, target);
  const child = spawn(program, parameters, { cwd: target, env: environment, stdio: ['ignore', 'pipe', 'pipe'], signal: job.signal });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const [code] = (await once(child, 'close')) as [number | null];
  return { exitCode: code ?? undefined, stdout: stdout(), stderr: stderr() };
}

function collect(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (piece: string) => {
    text += piece.slice(0, MAX_OUTPUT_LENGTH - text.length);
  });
  return () => text;
}
