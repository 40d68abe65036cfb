import { constants, createZstdDecompress } from 'node:zlib';
import { layerError } from '../layer-errors.ts';
import { INFLATE_CHUNK_BYTES } from './gunzip.ts';
import { readWhileFeeding } from './zlib-stream.ts';
import { ZSTD_WINDOW_LOG_MAX, ZstdFrames } from './zstd-frames.ts';

/** Decodes Zstandard data of any number of frames, skippable ones left out, with node:zlib. */
export async function* unzstd(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, void> {
  const params = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX };
  const stream = createZstdDecompress({ chunkSize: INFLATE_CHUNK_BYTES, params });
  yield* readWhileFeeding(stream, async (feeder) => {
    const frames = new ZstdFrames();
    for await (const chunk of source) {
      for (const piece of frames.cut(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))) {
        await feeder.write(piece);
        if (feeder.isAbandoned) return;
      }
    }
    if (!frames.isAtFrameEnd) throw layerError('COMPRESSION_INVALID', 'Cannot unpack the layer: the zstd data stops within a frame');
    feeder.end();
  });
}
