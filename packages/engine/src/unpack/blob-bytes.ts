import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { engineError } from '../errors.ts';
import type { LayerToRead } from './layer-reader.ts';

const READ_BYTES = 256 * 1024;
/** How often a file that grows is looked at: a waiting reader costs a read of nothing each time. */
const POLL_MS = 5;

/**
 * The bytes of a stored blob, in chunks that belong to the taker; of one that still grows, as they come. Never ends before `blob.sizeBytes`.
 * Errors: UNPACK_BLOB_SHORT; the signal's reason, at once.
 */
export async function* readBlob({ blob, isGrowing }: LayerToRead, signal: AbortSignal): AsyncGenerator<Buffer, void, void> {
  await using file = await open(blob.path, 'r');
  for (let position = 0; position < blob.sizeBytes; ) {
    signal.throwIfAborted();
    const chunk = await readAt(file, position, Math.min(READ_BYTES, blob.sizeBytes - position));
    if (chunk.length > 0) {
      position += chunk.length;
      yield chunk;
    } else if (isGrowing) {
      await sleep(POLL_MS, undefined, { signal });
    } else {
      throw engineError('UNPACK_BLOB_SHORT', `Cannot unpack "${blob.path}": it has ${position} of its ${blob.sizeBytes} bytes`);
    }
  }
}

async function readAt(file: FileHandle, position: number, sizeBytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(sizeBytes);
  const { bytesRead } = await file.read(buffer, 0, sizeBytes, position);
  return buffer.subarray(0, bytesRead);
}
