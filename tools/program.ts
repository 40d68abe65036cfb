import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants as osConstants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { ROOT } from './root.ts';

export interface ProgramOutcome {
  readonly exitCode: number;
  /** Standard output and error, in the order they came. */
  readonly output: string;
}

export interface ProgramOptions {
  /** Lets the program write to our own output instead of collecting it. */
  readonly isShown?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program in the root, and hands SIGTERM on to it. Ended by a signal, its exit code is 128 + the signal's number. Rejects only if it can't be started. */
export async function runProgram(
  command: string,
  commandArguments: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramOutcome> {
  const child = spawn(command, commandArguments, {
    cwd: ROOT,
    env: { ...process.env, ...options.env, PATH: `${join(ROOT, 'node_modules/.bin')}${delimiter}${process.env.PATH ?? ''}` },
    stdio: options.isShown ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.on('error', reject);
  child.on('close', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : osConstants.signals[signal])));
  const handOn = (signal: NodeJS.Signals): boolean => child.kill(signal);
  process.on('SIGTERM', handOn);
  try {
    return { exitCode: await promise, output: Buffer.concat(chunks).toString() };
  } finally {
    process.off('SIGTERM', handOn);
  }
}

/** Runs the command `name` of an installed npm package on this very Node, whatever `node` means elsewhere. */
export function runTool(
  packageName: string,
  toolArguments: readonly string[],
  options: ProgramOptions & { readonly name?: string } = {},
): Promise<ProgramOutcome> {
  const require = createRequire(import.meta.url);
  const manifestPath = join(ROOT, 'node_modules', packageName, 'package.json');
  const { bin } = require(manifestPath) as { bin: string | Record<string, string> };
  const file = typeof bin === 'string' ? bin : bin[options.name ?? packageName.split('/').at(-1) ?? ''];
  if (file === undefined) throw new Error(`Cannot run "${packageName}": it has no command "${options.name ?? packageName}".`);
  return runProgram(process.execPath, [join(dirname(manifestPath), file), ...toolArguments], options);
}
