import type { LayerDigests } from '@slipway/oci/node';
import type { SentError } from '../worker/sent-error.ts';
import type { LayerToRead } from './layer-reader.ts';
import type { SharedRing } from './piece-ring.ts';

export type ToLayerThread = { readonly kind: 'read'; readonly layer: LayerToRead; readonly ring: SharedRing } | { readonly kind: 'abort' };

/** After a `read`: any number of pieces and progress, then one `done` or `failed`. */
export type FromLayerThread =
  | { readonly kind: 'piece'; readonly lengthBytes: number }
  | { readonly kind: 'progress'; readonly doneBytes: number }
  | { readonly kind: 'done'; readonly digests: LayerDigests }
  | { readonly kind: 'failed'; readonly error: SentError };
