import { fileURLToPath } from 'node:url';
import { systemCodeOf } from '@slipway/base';
import { systemClock } from '@slipway/base/node';
import { createContext } from './context.ts';
import { cliError } from './errors.ts';
import { EXIT } from './exit-code.ts';
import { reportError } from './output/report-error.ts';
import { runCommandLine } from './run-command-line.ts';

/** What a shell sees of a program that SIGPIPE ended, as docker ends in `docker images | head -1`. */
const EXIT_PIPE = 141;

/** The bundle lies in `dist/`. */
const isBundled = !import.meta.url.endsWith('.ts');

const interruption = new AbortController();

/** What a shell sees of a program that the signal ended. */
const INTERRUPTING = { SIGINT: EXIT.interrupted, SIGTERM: 143 } as const;
const TERMINATION_GRACE_MS = 10_000;
const INTERRUPTING_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

let interruptedCode: number = EXIT.interrupted;

function interrupt(signal: keyof typeof INTERRUPTING): void {
  // The second Ctrl-C is for a command that does not end.
  if (interruption.signal.aborted) process.exit(INTERRUPTING[signal]);
  interruptedCode = INTERRUPTING[signal];
  // Programs such as `timeout` send SIGTERM once.
  if (signal === 'SIGTERM') setTimeout(() => process.exit(interruptedCode), TERMINATION_GRACE_MS).unref();
  interruption.abort(cliError('INTERRUPTED', 'Interrupted'));
}

function failUnforeseen(error: unknown): void {
  reportError({ environment: process.env, stderr: process.stderr }, error);
  process.exit(EXIT.failure);
}

let isReleased = false;

function onOutputError(error: Error): void {
  if (systemCodeOf(error) !== 'EPIPE') {
    failUnforeseen(error);
  } else if (!isReleased) {
    process.exit(EXIT_PIPE);
  }
}

function releaseProcess(): void {
  // Whoever takes over does not know of a signal that came before.
  if (interruption.signal.aborted) process.exit(interruptedCode);
  isReleased = true;
  for (const signal of INTERRUPTING_SIGNALS) process.off(signal, interrupt);
  process.off('uncaughtException', failUnforeseen);
  process.off('unhandledRejection', failUnforeseen);
}

/** Resolves once everything is written, or nobody reads it any more. */
async function flush(stream: NodeJS.WriteStream): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.write('', (error) => {
    if (error instanceof Error) onOutputError(error);
    resolve();
  });
  await promise;
}

for (const signal of INTERRUPTING_SIGNALS) process.on(signal, interrupt);
process.on('uncaughtException', failUnforeseen);
process.on('unhandledRejection', failUnforeseen);
process.stdout.on('error', onOutputError);
process.stderr.on('error', onOutputError);

const context = createContext({
  environment: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  cwd: process.cwd(),
  checkout: fileURLToPath(new URL(isBundled ? '..' : '../../..', import.meta.url)),
  clock: systemClock,
  signal: interruption.signal,
  releaseProcess,
});

const exitCode = await runCommandLine(process.argv.slice(2), context);
await Promise.all([process.stdout, process.stderr].map(flush));
// What a command left open, such as an idle terminal, must not keep the process.
process.exit(exitCode === EXIT.interrupted ? interruptedCode : exitCode);
