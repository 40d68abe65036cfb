import { createGunzip } from 'node:zlib';
import { layerError } from '../layer-errors.ts';
import { readWhileFeeding } from './zlib-stream.ts';

export const INFLATE_CHUNK_BYTES = 256 * 1024;

/** Inflates gzip of any number of members (RFC 1952) with node:zlib. Zeros may follow the last; anything else is refused. */
export async function* gunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, void> {
  const stream = createGunzip({ chunkSize: INFLATE_CHUNK_BYTES });
  yield* readWhileFeeding(stream, async (feeder) => {
    for await (const chunk of source) {
      const rest = await feeder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      if (feeder.isAbandoned) return;
      if (rest.some((byte) => byte !== 0)) {
        throw layerError('COMPRESSION_INVALID', 'Cannot unpack the layer: something follows the padding after the gzip data');
      }
    }
    feeder.end();
  });
}
