import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { systemCodeOf } from '@slipway/base';
import { engineError } from '../errors.ts';

export interface FilterOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** The path of a program in a list of folders like `PATH`, or undefined. */
export async function findProgram(name: string, searchPath: string): Promise<string | undefined> {
  for (const folder of searchPath.split(delimiter).filter((path) => path !== '')) {
    const program = join(folder, name);
    try {
      await access(program, constants.X_OK);
      return program;
    } catch (error) {
      if (systemCodeOf(error) === undefined) throw error;
    }
  }
  return undefined;
}

/** What a program makes of a stream. Leaving early ends the program. Errors: ARCHIVE_INVALID, with what it complained of; the source's own. */
export async function* filterThrough(source: AsyncIterable<Uint8Array>, options: FilterOptions): AsyncGenerator<Buffer, void, void> {
  const child = spawn(options.program, options.args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const failure = failureOf(child);
  let feedError: { readonly error: unknown } | undefined;
  const feeding = pipeline(Readable.from(source), child.stdin, options.signal === undefined ? {} : { signal: options.signal }).catch(
    (error: unknown) => {
      // EPIPE: the program tells by its exit status why it stopped reading.
      if (systemCodeOf(error) === 'EPIPE') return;
      feedError = { error };
      child.kill('SIGKILL');
    },
  );
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    await feeding;
    if (feedError !== undefined) throw feedError.error;
    const complaint = await failure;
    if (complaint !== undefined) throw engineError('ARCHIVE_INVALID', `Cannot load the archive: ${complaint}`);
  } finally {
    child.kill('SIGKILL');
  }
}

async function failureOf(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<string | undefined> {
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(0, 1000);
  });
  return await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (status, signal) => {
      if (status === 0) resolve(undefined);
      else resolve(complaint.trim() === '' ? `its decompressor ended with ${signal ?? status}` : complaint.trim());
    });
  });
}
