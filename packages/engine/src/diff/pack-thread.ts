import type { MessagePort } from 'node:worker_threads';
import { RingReader } from '../unpack/piece-ring.ts';
import { errorToSend } from '../worker/sent-error.ts';
import { LayerFile } from './layer-file.ts';
import type { FromPackThread, ToPackThread } from './pack-thread-message.ts';

interface Packing {
  readonly file: LayerFile;
  readonly reader: RingReader;
}

/** What the thread does: compresses, hashes and writes one layer after the other. */
export function servePackThread(port: MessagePort): void {
  let packing: Packing | undefined;
  function post(message: FromPackThread): void {
    port.postMessage(message);
  }
  function close(): void {
    packing?.reader.stop();
    packing?.file.close();
    packing = undefined;
  }
  function take(message: ToPackThread): void {
    switch (message.kind) {
      case 'pack': {
        const reader = new RingReader(message.ring);
        try {
          packing = { reader, file: new LayerFile(message.output, message.level) };
        } catch (error) {
          reader.stop();
          throw error;
        }
        return;
      }
      case 'piece': {
        const { file, reader } = packing ?? {};
        reader?.take(message.lengthBytes, (piece) => file?.write(piece));
        return;
      }
      case 'end':
        if (packing !== undefined) post({ kind: 'packed', file: packing.file.finish() });
        packing = undefined;
        return;
      case 'abort':
        if (packing !== undefined) post({ kind: 'aborted' });
        close();
    }
  }
  port.on('message', (message: ToPackThread) => {
    try {
      take(message);
    } catch (error) {
      close();
      post({ kind: 'failed', error: errorToSend(error) });
    }
  });
}
