import { createHash } from 'node:crypto';
import { randomBlob } from '@slipway/testkit';

/** A body in chunked coding, ready to be written. */
export interface Payload {
  readonly digest: string;
  readonly sizeBytes: number;
  framedParts(): Iterable<Uint8Array>;
}

// The size in which Go's HTTP client, and so docker, cuts a body of unknown length.
const CHUNK_BYTES = 32 * 1024;
const BLOCK_BYTES = 4 * 1024 * 1024;
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** One random block that many large payloads repeat, so that making them costs neither time in a run nor memory. */
export function createPayloads(sizeBytes: number, seeds: readonly string[]): Payload[] {
  const block = randomBlob(Math.min(BLOCK_BYTES, sizeBytes), 'block');
  const framedBlock = frame(block);
  return seeds.map((seed) => {
    // The first block alone differs: enough for another digest.
    const first = randomBlob(block.length, seed);
    const framedFirst = frame(first);
    const repeats = Math.floor(sizeBytes / block.length) - 1;
    const hash = createHash('sha256').update(first);
    for (let i = 0; i < repeats; i++) hash.update(block);
    return {
      digest: `sha256:${hash.digest('hex')}`,
      sizeBytes: (repeats + 1) * block.length,
      *framedParts() {
        yield framedFirst;
        for (let i = 0; i < repeats; i++) yield framedBlock;
        yield LAST_CHUNK;
      },
    };
  });
}

/** A payload of these very bytes. */
export function payloadOf(bytes: Buffer): Payload {
  const framed = Buffer.concat([frame(bytes), LAST_CHUNK]);
  return { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, sizeBytes: bytes.length, framedParts: () => [framed] };
}

function frame(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    const chunk = bytes.subarray(start, start + CHUNK_BYTES);
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
  }
  return Buffer.concat(parts);
}
