import type { Descriptor, Digest, ParsedManifest, RepositoryName } from '@slipway/oci';

/** What happens during a transfer, in order for each digest. */
export type TransferEvent =
  /** What the reference stands for. */
  | { readonly kind: 'resolved'; readonly descriptor: Descriptor }
  /** Before anything that it refers to. */
  | { readonly kind: 'manifest-read'; readonly descriptor: Descriptor; readonly manifest: ParsedManifest }
  | { readonly kind: 'blob-waiting'; readonly digest: Digest; readonly totalBytes: number }
  /** `doneBytes` goes back when a transfer begins anew. */
  | { readonly kind: 'blob-progress'; readonly digest: Digest; readonly doneBytes: number; readonly totalBytes: number }
  /** `how`: it was there, mounted from another repository, or its bytes travelled. */
  | {
      readonly kind: 'blob-done';
      readonly digest: Digest;
      readonly totalBytes: number;
      readonly how: 'exists' | 'mounted' | 'transferred';
      /** Where a mounted blob is from. */
      readonly from?: RepositoryName;
    }
  | { readonly kind: 'manifest-done'; readonly descriptor: Descriptor };

export type OnTransferEvent = (event: TransferEvent) => void;
