import type { Descriptor, Digest } from '@slipway/oci';

/** What happens during a transfer, in order for each digest. */
export type TransferEvent =
  /** What the reference stands for. */
  | { readonly kind: 'resolved'; readonly descriptor: Descriptor }
  | { readonly kind: 'blob-waiting'; readonly digest: Digest; readonly totalBytes: number }
  /** `doneBytes` goes back when a transfer begins anew. */
  | { readonly kind: 'blob-progress'; readonly digest: Digest; readonly doneBytes: number; readonly totalBytes: number }
  /** `how`: it was there, mounted from another repository, or its bytes travelled. */
  | { readonly kind: 'blob-done'; readonly digest: Digest; readonly totalBytes: number; readonly how: 'exists' | 'mounted' | 'transferred' }
  | { readonly kind: 'manifest-done'; readonly descriptor: Descriptor };

export type OnTransferEvent = (event: TransferEvent) => void;
