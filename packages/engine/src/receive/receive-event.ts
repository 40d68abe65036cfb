import type { Digest } from '@slipway/oci';
import type { SkippedParts } from '../unpack/unpack-input.ts';

/** What happens to layers beside their transfer. */
export type ReceiveEvent =
  /** Bytes of the blob; starts again when a layer turns out to need the layers below. */
  | { readonly kind: 'unpack-progress'; readonly digest: Digest; readonly doneBytes: number; readonly totalBytes: number }
  /** Of a layer that was unpacked: owners, devices and extended attributes that this user, kernel or filesystem does not allow. Not told when there are none. */
  | { readonly kind: 'unpack-skipped'; readonly digest: Digest; readonly skipped: SkippedParts }
  | { readonly kind: 'unpack-done'; readonly digest: Digest; readonly how: 'unpacked' | 'exists' };

export type OnReceiveEvent = (event: ReceiveEvent) => void;
