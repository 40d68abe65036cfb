import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { systemCodeOf } from '@slipway/base';
import { layerError } from '../layer-errors.ts';

type Igzip = ChildProcessByStdio<Writable, Readable, Readable>;

/** The path of ISA-L's `igzip` (Debian package isal) in a list of folders like `PATH`, or undefined. */
export async function findIgzip(searchPath: string): Promise<string | undefined> {
  for (const folder of searchPath.split(delimiter).filter((path) => path !== '')) {
    const program = join(folder, 'igzip');
    try {
      await access(program, constants.X_OK);
      return program;
    } catch (error) {
      if (systemCodeOf(error) === undefined) throw error;
    }
  }
  return undefined;
}

/**
 * Inflates gzip of any number of members with `igzip` in a process of its own, several times as fast as node:zlib. Its one difference:
 * bytes after the last member that do not look like another one are ignored. Leaving early ends the process. Errors: COMPRESSION_INVALID.
 */
export function igunzip(source: AsyncIterable<Uint8Array>, program: string): AsyncGenerator<Buffer, void, void> {
  return runIgzip(source, program, ['-d', '-c']);
}

/** Compresses with `igzip` in one thread of a process of its own: one gzip member without name and time, the same for equal bytes. */
export function igzip(source: AsyncIterable<Uint8Array>, program: string, level: number): AsyncGenerator<Buffer, void, void> {
  return runIgzip(source, program, [`-${level}`, '-n', '-c']);
}

async function* runIgzip(source: AsyncIterable<Uint8Array>, program: string, flags: readonly string[]): AsyncGenerator<Buffer, void, void> {
  const child: Igzip = spawn(program, flags, { stdio: ['pipe', 'pipe', 'pipe'] });
  const exit = exitOf(child);
  let feedError: { readonly error: unknown } | undefined;
  const left = new AbortController();
  const feeding = feed(child, source, left.signal).catch((error: unknown) => {
    feedError = { error };
    child.kill('SIGKILL');
  });
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    await feeding;
    if (feedError !== undefined) throw feedError.error;
    const failure = await exit;
    if (failure !== undefined) throw layerError('COMPRESSION_INVALID', `Cannot run igzip over the layer: ${failure}`);
  } finally {
    left.abort();
    child.kill('SIGKILL');
  }
}

/** Reads the source to its end even when the process wants no more of it: whoever counts or hashes it needs the whole. */
async function feed(child: Igzip, source: AsyncIterable<Uint8Array>, left: AbortSignal): Promise<void> {
  let isOpen = true;
  let wake = (): void => undefined;
  const close = (): void => {
    isOpen = false;
    wake();
  };
  // EPIPE: the process tells by its exit status why it stopped reading.
  child.stdin.once('error', close);
  child.stdin.once('close', close);
  for await (const chunk of source) {
    if (left.aborted) return;
    // Only then may the source use the chunk's memory again.
    if (isOpen)
      await written(child.stdin, chunk, (resolve) => {
        wake = resolve;
      });
  }
  if (isOpen) child.stdin.end();
}

/** Waits for a failure too, of which `onWait` tells: a race with one long promise would keep something of every chunk. */
function written(stream: Writable, chunk: Uint8Array, onWait: (wake: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    onWait(resolve);
    stream.write(chunk, () => resolve());
  });
}

/** Why the process failed, once it did; undefined when it did not. */
async function exitOf(child: Igzip): Promise<string | undefined> {
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(0, 1000);
  });
  return await new Promise((resolve) => {
    child.once('error', (error) => resolve(`igzip can't be run: ${error.message}`));
    child.once('close', (status, signal) => {
      if (status === 0) resolve(undefined);
      else resolve(complaint.trim() === '' ? `igzip ended with ${signal ?? status}` : complaint.trim());
    });
  });
}
