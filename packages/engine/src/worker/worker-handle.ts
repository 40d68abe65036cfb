import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { systemCodeOf } from '@slipway/base';
import { engineError } from '../errors.ts';
import type { JobKind } from './jobs.ts';
import type { FromWorker, ToWorker } from './message.ts';
import { errorFromSent } from './sent-error.ts';
import { type WorkerCommandOptions, workerCommand } from './worker-command.ts';

/** How long a process may take to stop what it was told to stop, before it is killed. */
const STOP_GRACE_MS = 3000;
const LAST_WORDS_MS = 100;
const COMPLAINT_CHARACTERS = 4000;

export interface WorkerHandleOptions extends WorkerCommandOptions {
  readonly worker: URL;
}

export interface JobToRun {
  readonly kind: JobKind;
  readonly input: unknown;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((value: unknown) => void) | undefined;
}

interface RunningJob {
  readonly id: number;
  readonly onProgress: ((value: unknown) => void) | undefined;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** How a process came to its end; the details of WORKER_FAILED. */
export type WorkerEnd =
  | { readonly kind: 'not-started'; readonly systemCode: string | undefined }
  | { readonly kind: 'exited'; readonly status: number }
  | { readonly kind: 'killed'; readonly signal: NodeJS.Signals | undefined };

interface Failure {
  readonly why: string;
  readonly end: WorkerEnd;
}

/** One worker process, from its start on; it does one job at a time. */
export class WorkerHandle {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #command: string;
  #failure: Failure | undefined;
  #complaint = '';
  #job: RunningJob | undefined;
  #nextId = 1;

  constructor(options: WorkerHandleOptions) {
    const [program = '', ...flags] = workerCommand(options);
    this.#command = program;
    this.#child = spawn(program, [...flags, fileURLToPath(options.worker)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
    this.#child.on('message', (message: FromWorker) => this.#take(message));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-COMPLAINT_CHARACTERS);
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#fail({ why: `it can't be started: ${error.message}`, end: { kind: 'not-started', systemCode: systemCodeOf(error) } });
        resolve();
      });
      const end = (status: number | null, signal: NodeJS.Signals | null): void => {
        const how: WorkerEnd = status === null ? { kind: 'killed', signal: signal ?? undefined } : { kind: 'exited', status };
        this.#fail({ why: `its process ended with ${signal ?? status}`, end: how });
        resolve();
      };
      this.#child.once('close', end);
      // After a disconnect on this side, Node.js tells 'exit' but no 'close'. Between the two come the last words.
      this.#child.once('exit', (status, signal) => setTimeout(end, LAST_WORDS_MS, status, signal));
    });
    this.#hold(false);
  }

  get isAlive(): boolean {
    return this.#failure === undefined;
  }

  async run({ kind, input, signal, onProgress }: JobToRun): Promise<unknown> {
    signal?.throwIfAborted();
    const id = this.#nextId++;
    let grace: NodeJS.Timeout | undefined;
    const abort = (): void => {
      this.#send({ kind: 'abort', id });
      grace = setTimeout(() => this.#child.kill('SIGKILL'), STOP_GRACE_MS);
    };
    this.#hold(true);
    try {
      return await new Promise<unknown>((resolve, reject) => {
        this.#job = { id, onProgress, resolve, reject };
        if (this.#failure !== undefined) this.#fail(this.#failure);
        this.#send({ kind: 'run', id, job: kind, input });
        signal?.addEventListener('abort', abort, { once: true });
      });
    } catch (error) {
      // Whatever the worker made of it: nobody wanted the result any more.
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      clearTimeout(grace);
      this.#job = undefined;
      this.#hold(false);
    }
  }

  /** Ends the process in the middle of what it does, and waits for that. What it mounted ends with it. */
  async end(): Promise<void> {
    if (!this.isAlive) return;
    this.#hold(true);
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #take(message: FromWorker): void {
    const job = this.#job;
    if (message.kind === 'ready' || job?.id !== message.id) return;
    if (message.kind === 'progress') job.onProgress?.(message.value);
    else if (message.kind === 'done') job.resolve(message.output);
    else job.reject(errorFromSent(message.error));
  }

  #send(message: ToWorker): void {
    // A failure to send means that the process is gone, which 'close' tells.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** What is told first stays the reason. */
  #fail(failure: Failure): void {
    this.#failure ??= failure;
    const { why, end } = this.#failure;
    const complaint = this.#complaint.trim();
    const what = `Cannot work on the unpacked files with "${this.#command}": ${why}`;
    const message = complaint === '' ? what : `${what}: ${complaint.split('\n').at(-1)}`;
    this.#job?.reject(engineError('WORKER_FAILED', message, { details: end, ...(complaint === '' ? {} : { internal: complaint }) }));
  }

  /** An idle process does not keep the command running. */
  #hold(isHeld: boolean): void {
    const { stderr, channel } = this.#child;
    // A socket, whatever its type says.
    const pipe = stderr instanceof Socket ? stderr : undefined;
    if (isHeld) {
      this.#child.ref();
      channel?.ref();
      pipe?.ref();
    } else {
      this.#child.unref();
      channel?.unref();
      pipe?.unref();
    }
  }
}
