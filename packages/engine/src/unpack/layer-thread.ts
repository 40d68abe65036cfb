import type { MessagePort } from 'node:worker_threads';
import { errorToSend } from '../worker/sent-error.ts';
import type { FromLayerThread, ToLayerThread } from './layer-thread-message.ts';
import { RingWriter } from './piece-ring.ts';
import { readLayer } from './read-layer.ts';

/** What the thread does: reads, hashes and inflates one layer after the other. */
export function serveLayerThread(port: MessagePort): void {
  let abort = new AbortController();
  function post(message: FromLayerThread): void {
    port.postMessage(message);
  }
  async function read({ layer, ring }: Extract<ToLayerThread, { kind: 'read' }>): Promise<void> {
    const writer = new RingWriter(ring, (lengthBytes) => post({ kind: 'piece', lengthBytes }));
    try {
      const digests = await readLayer(layer, {
        signal: abort.signal,
        onTar: (piece) => writer.write(piece),
        onProgress: (doneBytes) => post({ kind: 'progress', doneBytes }),
      });
      writer.flush();
      post({ kind: 'done', digests });
    } catch (error) {
      post({ kind: 'failed', error: errorToSend(error) });
    }
  }
  port.on('message', (message: ToLayerThread) => {
    if (message.kind === 'abort') {
      abort.abort(new Error('The layer is not wanted any more'));
    } else {
      abort = new AbortController();
      void read(message);
    }
  });
}
