import type { LayerDigests } from '@slipway/oci/node';

export interface UnpackInput {
  readonly blob: BlobFile;
  /** Whether the blob is still being written: it is then read as it grows, until it has `blob.sizeBytes` bytes or the job is aborted. */
  readonly isGrowing: boolean;
  /** What the files go into. It exists; the caller removes it when the job fails. */
  readonly folder: string;
  /**
   * `alone`: the folder is empty, what the layers below hold is unknown. `onto`: the files go onto the tree of the layers below, which is in
   * `folder`, or in `lowers` below it when those are given.
   */
  readonly mode: 'alone' | 'onto';
  /** How overlay marks what it hides; absent for the copying snapshotter, which always unpacks `onto`. */
  readonly overlay?: OverlayMarks | undefined;
  /** Overlay's lower folders, top first; `folder` is then the upper one, and the tree is mounted while the job runs. */
  readonly lowers?: readonly string[];
  /** Overlay's work folder, on the filesystem of `folder`. */
  readonly workFolder?: string;
  /** The path of `igzip`. */
  readonly igzip?: string | undefined;
  /** Bytes the tar may have: LAYER_TOO_LARGE. */
  readonly limitBytes?: number;
}

export interface BlobFile {
  readonly path: string;
  readonly sizeBytes: number;
}

export interface OverlayMarks {
  readonly xattrs: 'trusted' | 'user';
}

export interface UnpackProgress {
  /** Of the blob. */
  readonly doneBytes: number;
}

export type UnpackOutcome =
  | {
      readonly kind: 'unpacked';
      /** Of the blob as it was read: the caller compares them with what it expects. */
      readonly digests: LayerDigests;
      /** The sizes of all regular files and the lengths of symlinks' targets, as docker sums them. */
      readonly fileBytes: number;
      readonly entries: number;
      /** `alone` only: paths of what the layer hides, as bytes, without the closing NUL. Opaque folders are among them with a closing slash. */
      readonly whiteouts: readonly Buffer[];
      readonly skipped: SkippedParts;
    }
  /** `alone` only: what the layer says depends on the layers below. Files may have been written already: the folder is to be emptied. */
  | { readonly kind: 'needs-parent'; readonly reason: NeedsParentReason; readonly path: string };

export type NeedsParentReason = 'missing-folder' | 'missing-link-target' | 'opaque-root';

/** What the kernel or this user's rights did not allow; docker and podman go on without it as well. */
export interface SkippedParts {
  readonly count: number;
  /** The first of them. */
  readonly examples: readonly SkippedPart[];
}

export interface SkippedPart {
  readonly path: string;
  readonly what: 'device' | 'owner' | 'xattr';
  readonly reason: string;
}
