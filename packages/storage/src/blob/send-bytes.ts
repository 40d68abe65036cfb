import { OutgoingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { Clock } from '@slipway/base';
import { type Buffers, freshBuffers } from './buffer-pool.ts';
import type { ByteSpan } from './byte-range.ts';
import { Outlet } from './outlet.ts';

/** Fills the first `lengthBytes` of `buffer` with the bytes at `position`; throws when there are fewer. */
export type ReadInto = (buffer: Buffer, lengthBytes: number, position: number) => Promise<void> | void;

export interface SendBytesOptions {
  readonly read: ReadInto;
  readonly span: ByteSpan;
  readonly target: Writable;
  /** Reused buffers, for targets that are known to be done with a chunk when its write calls back. */
  readonly pool: Buffers;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** Writes a span of bytes to `target` at its pace, reading the next while the last is written. Does not end `target`. */
export async function sendBytes(options: SendBytesOptions): Promise<void> {
  const { read, span, target, clock, signal } = options;
  const outlet = new Outlet({ target, clock, signal, buffers: letsGoOfChunks(target) ? options.pool : freshBuffers });
  const end = span.start + span.lengthBytes;
  try {
    for (let position = span.start; position < end; ) {
      const buffer = await outlet.takeBuffer(end - position);
      const lengthBytes = Math.min(buffer.length, end - position);
      try {
        await read(buffer, lengthBytes, position);
        outlet.throwIfFailed();
      } catch (error) {
        outlet.giveBack(buffer);
        throw error;
      }
      outlet.write(buffer, lengthBytes);
      position += lengthBytes;
    }
    await outlet.drain();
  } finally {
    outlet.release();
  }
}

/**
 * Sockets and responses call back when the kernel (or TLS) has the bytes. A PassThrough, or a Writable that collects, calls back while it
 * still holds the chunk: reusing its memory would change what was sent.
 */
function letsGoOfChunks(target: Writable): boolean {
  return target instanceof OutgoingMessage || target instanceof Socket;
}
