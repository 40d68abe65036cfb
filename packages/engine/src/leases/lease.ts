import type { Digest } from '@slipway/oci';

/**
 * Keeps what a running command needs from being collected. It ends when it is disposed, and by itself when the process ends in whatever way.
 * Who relies on content first holds its digest, and only then looks whether it is there. Errors: LEASE_CLOSED after disposal; STATE_BUSY.
 */
export interface Lease extends AsyncDisposable {
  readonly id: string;
  /** Durable when it resolves; holding twice does no harm. The content need not be there yet. */
  holdContent(digests: readonly Digest[]): Promise<void>;
  /** Called before the snapshot's row is written. An active snapshot that is held dies with the lease. */
  holdSnapshot(id: string): Promise<void>;
  /** `<leaseId>-<n>`: what a dead lease left behind is known by its name. */
  nextUploadId(): string;
}

export interface Leases {
  /** `description` tells a person what runs. */
  open(description: string): Promise<Lease>;
}
