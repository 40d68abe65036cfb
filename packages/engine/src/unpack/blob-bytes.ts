import { closeSync, openSync, readSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { engineError } from '../errors.ts';
import type { LayerToRead } from './layer-reader.ts';

const READ_BYTES = 256 * 1024;
/** Smaller chunks get memory of their own: a process that inflates may have many of them waiting. */
const REUSED_BYTES = 64 * 1024;
/** After this many chunks others get their turn, as aborts do. */
const CHUNKS_IN_A_TURN = 16;
/** How often a file that grows is looked at: a waiting reader costs a read of nothing each time. */
const POLL_MS = 5;

/**
 * The bytes of a stored blob; of one that still grows, as they come. Never ends before `blob.sizeBytes`. A chunk is valid until the next but
 * one is asked for: fresh memory for each would cost more than reading. Errors: UNPACK_BLOB_SHORT; the signal's reason, at once.
 */
export async function* readBlob({ blob, isGrowing }: LayerToRead, signal: AbortSignal): AsyncGenerator<Buffer, void, void> {
  const buffers = [0, 1].map(() => Buffer.allocUnsafeSlow(Math.min(READ_BYTES, blob.sizeBytes)));
  const fd = openSync(blob.path, 'r');
  try {
    let chunks = 0;
    for (let position = 0; position < blob.sizeBytes; ) {
      signal.throwIfAborted();
      const buffer = buffers[++chunks % 2] as Buffer;
      const length = readSync(fd, buffer, 0, Math.min(buffer.length, blob.sizeBytes - position), position);
      if (length > 0) {
        position += length;
        yield length < REUSED_BYTES ? Buffer.from(buffer.subarray(0, length)) : buffer.subarray(0, length);
        if (chunks % CHUNKS_IN_A_TURN === 0) await nextTurn();
      } else if (isGrowing) {
        await sleep(POLL_MS, undefined, { signal });
      } else {
        throw engineError('UNPACK_BLOB_SHORT', `Cannot unpack "${blob.path}": it has ${position} of its ${blob.sizeBytes} bytes`);
      }
    }
  } finally {
    closeSync(fd);
  }
}
