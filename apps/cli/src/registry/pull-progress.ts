import type { TransferEvent } from '@slipway/client';
import type { ReceiveEvent } from '@slipway/engine';
import { type Digest, hexOf } from '@slipway/oci';
import type { TransferState } from '../output/progress/transfer-state.ts';
import type { TransferView } from '../output/progress/transfer-view.ts';

interface LayerProgress {
  download: 'waiting' | 'running' | 'transferred' | 'exists';
  unpack: 'waiting' | 'running' | 'unpacked' | 'exists';
}

export interface PullProgressOptions {
  readonly view: TransferView;
  /** Lines that are there to be changed: they are shown before it is known whether the layer is there already. */
  readonly isLive: boolean;
}

/** Shows the layers of one image on their way: downloads and unpacking, which overlap, as docker's one state after the other. */
export class PullProgress {
  readonly #options: PullProgressOptions;
  readonly #layers = new Map<Digest, LayerProgress>();

  constructor(options: PullProgressOptions) {
    this.#options = options;
  }

  readonly onEvent = (event: TransferEvent | ReceiveEvent): void => {
    if (event.kind === 'manifest-read') {
      if (event.manifest.kind === 'image') this.#begin(event.manifest.layers.map(({ digest }) => digest));
      return;
    }
    if (event.kind === 'resolved' || event.kind === 'manifest-done') return;
    const layer = this.#layers.get(event.digest);
    if (layer !== undefined) this.#advance(layer, event);
  };

  /** Brings every line to its end: all is unpacked. */
  finish(): void {
    for (const [digest, layer] of this.#layers) {
      if (layer.unpack === 'waiting' || layer.unpack === 'running') {
        layer.unpack = layer.download === 'exists' ? 'exists' : 'unpacked';
        this.#showEnd(digest, layer);
      }
    }
  }

  #begin(digests: readonly Digest[]): void {
    for (const digest of digests) {
      if (this.#layers.has(digest)) continue;
      this.#layers.set(digest, { download: 'waiting', unpack: 'waiting' });
      if (this.#options.isLive) this.#show(digest, { kind: 'pulling' });
    }
  }

  #advance(layer: LayerProgress, event: Exclude<TransferEvent | ReceiveEvent, { readonly descriptor: unknown }>): void {
    const { digest } = event;
    switch (event.kind) {
      case 'blob-waiting':
        if (this.#options.isLive) this.#show(digest, { kind: 'waiting' });
        break;
      case 'blob-progress':
        if (layer.download === 'waiting') this.#show(digest, { kind: 'pulling' });
        layer.download = 'running';
        this.#show(digest, stateOfDownload(event));
        break;
      case 'blob-done':
        layer.download = event.how === 'exists' ? 'exists' : 'transferred';
        // What an earlier pull fetched may wait for the layers below it: a live line must not go on saying that it waits for its download.
        if (event.how === 'transferred' || (this.#options.isLive && layer.unpack === 'waiting')) this.#show(digest, { kind: 'downloaded' });
        if (layer.unpack === 'unpacked' || layer.unpack === 'exists') this.#showEnd(digest, layer);
        break;
      case 'unpack-progress':
        layer.unpack = 'running';
        // While it still arrives, how much has arrived is what people want to know.
        if (layer.download !== 'running') {
          this.#show(digest, { kind: 'extracting', doneBytes: event.doneBytes, totalBytes: event.totalBytes });
        }
        break;
      case 'unpack-done':
        layer.unpack = event.how;
        if (layer.download !== 'running') this.#showEnd(digest, layer);
        break;
      case 'unpack-skipped':
        // Said once, at the end.
        break;
    }
  }

  #showEnd(digest: Digest, { download, unpack }: LayerProgress): void {
    this.#show(digest, { kind: download !== 'transferred' && unpack === 'exists' ? 'exists' : 'pulled' });
  }

  #show(digest: Digest, state: TransferState): void {
    this.#options.view.update(hexOf(digest).slice(0, 12), state);
  }
}

function stateOfDownload({ doneBytes, totalBytes }: { readonly doneBytes: number; readonly totalBytes: number }): TransferState {
  return doneBytes < totalBytes ? { kind: 'downloading', doneBytes, totalBytes } : { kind: 'verifying' };
}
