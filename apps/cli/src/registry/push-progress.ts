import type { TransferEvent } from '@slipway/client';
import type { ImageRecord } from '@slipway/engine';
import { type Digest, hexOf, type ImageManifest } from '@slipway/oci';
import type { TransferState } from '../output/progress/transfer-state.ts';
import type { TransferView } from '../output/progress/transfer-view.ts';

/** Shows the layers of images on their way out, as docker does: the highest first, under the first digits of the diffId. */
export class PushProgress {
  readonly #view: TransferView;
  readonly #record: Pick<ImageRecord, 'id' | 'layers'> | undefined;
  readonly #names = new Map<Digest, string>();
  readonly #ended = new Set<Digest>();

  /** Without a record of this machine, layers go by their own digest. */
  constructor(view: TransferView, record?: Pick<ImageRecord, 'id' | 'layers'>) {
    this.#view = view;
    this.#record = record;
  }

  readonly onEvent = (event: TransferEvent): void => {
    switch (event.kind) {
      case 'manifest-read':
        if (event.manifest.kind === 'image') this.#begin(event.manifest);
        break;
      case 'blob-waiting':
        this.#show(event.digest, { kind: 'waiting' });
        break;
      case 'blob-progress':
        this.#show(event.digest, { kind: 'pushing', doneBytes: event.doneBytes, totalBytes: event.totalBytes });
        break;
      case 'blob-done':
        this.#end(event.digest, endOf(event));
        break;
      case 'resolved':
      case 'manifest-done':
        break;
    }
  };

  /** Brings every line to its end: what was not looked at is there, since its manifest is. */
  finish(): void {
    for (const digest of this.#names.keys()) if (!this.#ended.has(digest)) this.#end(digest, { kind: 'layer-exists' });
  }

  #begin(manifest: ImageManifest): void {
    const ours = this.#record?.id === manifest.config.digest ? this.#record.layers : [];
    const diffIds = ours.length === manifest.layers.length ? ours.map(({ diffId }) => diffId) : [];
    for (const [index, { digest }] of [...manifest.layers.entries()].reverse()) {
      if (this.#names.has(digest)) continue;
      this.#names.set(digest, hexOf(diffIds[index] ?? digest).slice(0, 12));
      this.#show(digest, { kind: 'preparing' });
    }
  }

  #end(digest: Digest, state: TransferState): void {
    this.#ended.add(digest);
    this.#show(digest, state);
  }

  /** Configs have no line. */
  #show(digest: Digest, state: TransferState): void {
    const name = this.#names.get(digest);
    if (name !== undefined) this.#view.update(name, state);
  }
}

function endOf(event: Extract<TransferEvent, { readonly kind: 'blob-done' }>): TransferState {
  if (event.how === 'mounted') return { kind: 'mounted', from: event.from ?? 'another repository' };
  return { kind: event.how === 'exists' ? 'layer-exists' : 'pushed' };
}
