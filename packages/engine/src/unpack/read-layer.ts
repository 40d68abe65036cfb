import { openLayer } from '@slipway/oci/node';
import { createIsalInflater } from '../system/isal-inflater.ts';
import { readBlob } from './blob-bytes.ts';
import type { LayerReader, LayerToRead, ReadLayerOptions } from './layer-reader.ts';

/** Reads a layer in this thread. */
export const readLayer: LayerReader = async (layer, options) => {
  const { igzip, limitBytes } = layer;
  const taker = new AbortController();
  const signal = AbortSignal.any([options.signal, taker.signal]);
  const limit = limitBytes === undefined ? {} : { limitBytes };
  const stream = openLayer(counted(layer, { ...options, signal }), { signal, gunzip: createIsalInflater(), igzip, ...limit });
  for await (const piece of stream.content) {
    try {
      options.onTar(piece);
    } catch (error) {
      // A source that waits for a file to grow would not close before it does.
      taker.abort(error);
      throw error;
    }
  }
  return stream.digests();
};

async function* counted(layer: LayerToRead, { signal, onProgress }: ReadLayerOptions): AsyncGenerator<Buffer, void, void> {
  let doneBytes = 0;
  for await (const chunk of readBlob(layer, signal)) {
    yield chunk;
    doneBytes += chunk.length;
    onProgress(doneBytes);
  }
}
