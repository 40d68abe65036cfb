import type { Digest } from '@slipway/oci';

/** What happens to layers beside their transfer. */
export type ReceiveEvent =
  /** Bytes of the blob; starts again when a layer turns out to need the layers below. */
  | { readonly kind: 'unpack-progress'; readonly digest: Digest; readonly doneBytes: number; readonly totalBytes: number }
  | { readonly kind: 'unpack-done'; readonly digest: Digest; readonly how: 'unpacked' | 'exists' };

export type OnReceiveEvent = (event: ReceiveEvent) => void;
