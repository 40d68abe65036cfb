import { Worker } from 'node:worker_threads';
import type { LayerDigests } from '@slipway/oci/node';
import { errorFromSent } from '../worker/sent-error.ts';
import type { LayerReader, LayerToRead, ReadLayerOptions } from './layer-reader.ts';
import type { FromLayerThread, ToLayerThread } from './layer-thread-message.ts';
import { createSharedRing, RingReader } from './piece-ring.ts';
import { readLayer } from './read-layer.ts';

/** Below this the other thread costs more than it takes over. */
const THREAD_BYTES = 1024 * 1024;

/**
 * Reads layers in another thread of this process, whose file is `entry` and calls `serveLayerThread`: reading, hashing and inflating go on
 * while this thread writes files. The thread starts with the first layer worth it. One layer at a time.
 */
export function createThreadReader(entry: string): LayerReader {
  let thread: Worker | undefined;
  function openThread(): Worker {
    if (thread !== undefined) return thread;
    const started = new Worker(entry, { resourceLimits: { maxYoungGenerationSizeMb: 4 } });
    started.once('exit', () => {
      thread = undefined;
    });
    started.unref();
    thread = started;
    return started;
  }
  return async (layer, options) => {
    if (layer.blob.sizeBytes < THREAD_BYTES) return await readLayer(layer, options);
    return await readInThread(openThread(), layer, options);
  };
}

async function readInThread(thread: Worker, layer: LayerToRead, { signal, onTar, onProgress }: ReadLayerOptions): Promise<LayerDigests> {
  signal.throwIfAborted();
  const ring = createSharedRing();
  const reader = new RingReader(ring);
  const send = (message: ToLayerThread): void => thread.postMessage(message);
  const { promise, resolve, reject } = Promise.withResolvers<LayerDigests>();
  let failure: { readonly error: unknown } | undefined;
  function stop(error: unknown): void {
    // Settles when the thread has stopped, for the next layer is to find it free.
    failure ??= { error };
    reader.stop();
    send({ kind: 'abort' });
  }
  function take(message: FromLayerThread): void {
    switch (message.kind) {
      case 'piece':
        if (failure === undefined) takePiece(message.lengthBytes);
        return;
      case 'progress':
        onProgress(message.doneBytes);
        return;
      case 'done':
        resolve(message.digests);
        return;
      case 'failed':
        reject(errorFromSent(message.error));
    }
  }
  function takePiece(lengthBytes: number): void {
    try {
      reader.take(lengthBytes, onTar);
    } catch (error) {
      stop(error);
    }
  }
  const abort = (): void => stop(signal.reason);
  const exit = (): void => reject(new Error('The thread that reads layers ended'));
  signal.addEventListener('abort', abort, { once: true });
  thread.on('message', take).once('error', reject).once('exit', exit).ref();
  try {
    send({ kind: 'read', layer, ring });
    return await finish(promise, () => failure);
  } finally {
    signal.removeEventListener('abort', abort);
    thread.off('message', take).off('error', reject).off('exit', exit).unref();
  }
}

/** What stopped the reading here counts, whatever the thread made of it. */
async function finish<T>(promise: Promise<T>, failure: () => { readonly error: unknown } | undefined): Promise<T> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  const own = failure();
  if (own !== undefined) throw own.error;
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}
