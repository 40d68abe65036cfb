import { PassThrough } from 'node:stream';
import { FakeClock } from '@slipway/testkit';
import { createContext } from '../context.ts';
import { runCommandLine } from '../run-command-line.ts';
import type { InputStream } from '../terminal/streams.ts';
import { CollectingStream, TestTerminal } from './test-terminal.ts';

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** What is piped in. */
  readonly input?: string;
  /** A pipe that nothing comes through. */
  readonly neverAnswers?: boolean;
  /** Lines typed on a terminal, each once a question is there. */
  readonly typed?: readonly string[];
  readonly cwd?: string;
  readonly checkout?: string;
  readonly signal?: AbortSignal;
}

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** 2026-11-20, noon. */
export const NOW_MS = Date.UTC(2026, 10, 20, 12);

/** Runs a command line in this process, with streams in memory. */
export async function runSlipway(words: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const stdout = new CollectingStream();
  const stderr = new CollectingStream();
  const context = createContext({
    environment: options.environment ?? {},
    stdin: openInput(options, stderr),
    stdout,
    stderr,
    cwd: options.cwd ?? process.cwd(),
    checkout: options.checkout ?? '/nowhere',
    clock: new FakeClock(NOW_MS),
    signal: options.signal ?? new AbortController().signal,
    releaseProcess: () => undefined,
  });
  const exitCode = await runCommandLine(words, context);
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

function openInput({ input, typed, neverAnswers }: RunOptions, stderr: CollectingStream): InputStream {
  if (neverAnswers === true) return new PassThrough();
  if (typed === undefined) return new PassThrough().end(input ?? '');
  const terminal = new TestTerminal();
  const lines = [...typed];
  const write = stderr.write.bind(stderr);
  const typeNext = (): void => {
    const line = lines.shift();
    if (line !== undefined) terminal.write(`${line}\r`);
  };
  Object.assign(stderr, {
    write(text: string) {
      if (text.endsWith(': ')) setImmediate(typeNext);
      return write(text);
    },
  });
  return terminal;
}
