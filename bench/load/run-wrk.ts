import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { peerEnvironment } from '../../e2e/peers/peer-environment.ts';
import { unpackPackages } from '../../e2e/peers/unpack-packages.ts';
import type { Throughput } from '../bench-case.ts';
import { benchError } from '../errors.ts';

export interface WrkOptions {
  readonly port: number;
  /** Asked in turn. */
  readonly paths: readonly string[];
  readonly authorization: string | undefined;
  readonly accept?: string;
  readonly connections: number;
  readonly seconds: number;
  /** The smallest body a right answer has. */
  readonly bodyBytes: number;
  /** For scratch files. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

interface Summary {
  readonly microseconds: number;
  readonly requests: number;
  readonly bytes: number;
  readonly failures: number;
}

const SCRIPT = fileURLToPath(new URL('./requests.lua', import.meta.url));

/** Asks for the paths over keep-alive connections with Debian's wrk, whose cost a request is far below any server's. */
export async function runWrk(options: WrkOptions): Promise<Throughput> {
  const root = await unpackPackages(['wrk']);
  const pathsFile = join(options.folder, 'paths.txt');
  await writeFile(pathsFile, options.paths.join('\n'));
  const output = await run(join(root, 'usr/bin/wrk'), argumentsOf(options, pathsFile), {
    env: peerEnvironment(root, options.folder),
    signal: options.signal,
  });
  const text = /^SUMMARY (.*)$/m.exec(output)?.[1];
  if (text === undefined) throw benchError('LOAD_FAILED', `wrk printed no summary:\n${output}`);
  const summary = JSON.parse(text) as Summary;
  if (summary.failures > 0) throw benchError('LOAD_FAILED', `${summary.failures} of ${summary.requests} requests failed:\n${output}`);
  if (summary.bytes < summary.requests * options.bodyBytes) {
    throw benchError('LOAD_FAILED', `${summary.requests} answers hold ${summary.bytes} bytes, less than ${options.bodyBytes} each`);
  }
  return { amount: summary.requests, seconds: summary.microseconds / 1e6 };
}

function argumentsOf(options: WrkOptions, pathsFile: string): string[] {
  const headers = [
    ...(options.authorization === undefined ? [] : ['-H', `Authorization: ${options.authorization}`]),
    ...(options.accept === undefined ? [] : ['-H', `Accept: ${options.accept}`]),
  ];
  const load = ['-t1', `-c${options.connections}`, `-d${options.seconds}s`, '--timeout', '20s', '-s', SCRIPT];
  return [...load, ...headers, `http://127.0.0.1:${options.port}/`, '--', pathsFile];
}

async function run(
  command: string,
  args: readonly string[],
  options: { readonly env: Record<string, string>; readonly signal: AbortSignal },
) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'inherit'] });
  // Together: an abort rejects both, and neither may go unheard.
  const [output] = await Promise.all([child.stdout.setEncoding('utf8').toArray(), once(child, 'close')]);
  return output.join('');
}
