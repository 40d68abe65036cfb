import type { Digest } from '@slipway/oci';
import type { Lease } from '../leases/lease.ts';
import type { Mount, OverlayXattrs } from './mount.ts';

export type SnapshotMedium = 'overlay' | 'copy';

/** A committed layer. */
export interface SnapshotRef {
  /** 26 characters of [0-9a-z], never reused. */
  readonly id: string;
  /** `diff:<diffId>` or `chain:<chainId>`. */
  readonly key: string;
  /** Overlay: this layer's files, with whiteouts as overlay keeps them. Copy: the whole tree up to this layer. */
  readonly folder: string;
  /** A short symlink to `folder`, for mounts. */
  readonly link: string;
  /** What this layer's regular files hold, and its symlinks, as docker's SIZE counts them. */
  readonly sizeBytes: number;
}

/** Which layers of a chain are unpacked. */
export interface SnapshotChain {
  /** By position, the lowest layer first; undefined where a layer is missing. */
  readonly layers: readonly (SnapshotRef | undefined)[];
  /** Positions that are missing, the lowest first; empty when the chain can be mounted. */
  readonly missing: readonly number[];
}

/** A snapshot that is being written. It is gone with its lease unless it was committed. */
export interface ActiveSnapshot {
  readonly id: string;
  /** Overlay: the upper folder, with the changes alone. Copy: the whole tree. */
  readonly folder: string;
  /** A short symlink to `folder`, for mounts. */
  readonly link: string;
  /** Overlay's work folder: empty, and on the filesystem of `folder`. */
  readonly workFolder?: string;
  /** Overlay: folders of the layers below, the top one first, each once. Copy: none. */
  readonly lowers: readonly string[];
  /** What to mount to see and change the whole tree. */
  readonly mounts: readonly Mount[];
}

export interface PrepareOptions {
  /** The layers below, the lowest first; all of them unpacked. */
  readonly parents: readonly Digest[];
  /** Owns the snapshot until it is committed, and holds its parents. */
  readonly lease: Lease;
  readonly signal?: AbortSignal;
}

export interface CommitLayer {
  readonly diffId: Digest;
  /** Of the chain that ends with this layer. */
  readonly chainId: Digest;
  /** What this layer's regular files hold, and its symlinks, as docker's SIZE counts them. */
  readonly sizeBytes: number;
  /** The layer was unpacked alone and needs nothing from below: it serves every chain that has this diffId. Overlay only. */
  readonly isIndependent?: boolean;
}

export interface SnapshotUsage {
  readonly sizeBytes: number;
  readonly entries: number;
}

/**
 * Layers as folders. prepare -> write through `mounts` -> commit; view mounts what was committed, read-only.
 * Any number of processes may work on one home at once: of two that commit the same layer one wins, and the other's folder goes.
 */
export interface Snapshotter {
  readonly medium: SnapshotMedium;
  /** Of an overlay. */
  readonly xattrs?: OverlayXattrs;
  /** Looks for each layer by its chainId, then by its diffId alone. Holds nothing: see `holdChain`. */
  openChain(diffIds: readonly Digest[]): SnapshotChain;
  /** As `openChain`; what it returns stays as long as the lease. */
  holdChain(diffIds: readonly Digest[], lease: Lease): Promise<SnapshotChain>;
  /** Errors: SNAPSHOT_MISSING (not-found), LAYERS_TOO_MANY (unsupported). */
  prepare(options: PrepareOptions): Promise<ActiveSnapshot>;
  /** Read-only. Held by the lease, if there is one. Errors: SNAPSHOT_MISSING, LAYERS_TOO_MANY. */
  view(diffIds: readonly Digest[], lease?: Lease): Promise<readonly Mount[]>;
  /** Durable when it resolves. The snapshot must not be mounted any more. Of equal layers the first wins; the lease holds the winner. */
  commit(active: ActiveSnapshot, layer: CommitLayer): Promise<SnapshotRef>;
  /** As `commit`, with one sync for all. */
  commitAll(commits: readonly SnapshotCommit[]): Promise<readonly SnapshotRef[]>;
  /** Gives up a snapshot that was not committed; idempotent. */
  remove(active: ActiveSnapshot): Promise<void>;
  /** What a folder of files weighs now. */
  usage(active: ActiveSnapshot, options?: { readonly signal?: AbortSignal }): Promise<SnapshotUsage>;
}

export interface SnapshotCommit {
  readonly active: ActiveSnapshot;
  readonly layer: CommitLayer;
}
