import { parentPort } from 'node:worker_threads';
import { type CompressChunk, compressChunk } from './compress-chunk.ts';

// The body of a thread of `CompressPool`: answers each chunk with its compressed form, in order.

parentPort?.on('message', (chunk: CompressChunk) => {
  const compressed = compressChunk(chunk);
  // Small results lie in a pool that is shared and can't be handed over.
  const own = compressed.byteLength === compressed.buffer.byteLength ? compressed : Buffer.from(Uint8Array.from(compressed).buffer);
  parentPort?.postMessage(own, [own.buffer as ArrayBuffer]);
});
