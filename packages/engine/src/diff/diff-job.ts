import type { LayerDigests } from '@slipway/oci/node';
import type { BlobSource, DiffSource } from './diff-source.ts';

/** How a layer is to be packed. `level`: gzip 1 to 9, zstd 1 to 19; the compressor's own default when absent. */
export interface LayerCompression {
  readonly kind: 'gzip' | 'zstd' | 'none';
  readonly level?: number | undefined;
}

export interface DiffInput {
  /** Files to be compared, or a blob to be packed anew. */
  readonly source: DiffSource | BlobSource;
  /** The file that gets the layer's blob: made, or emptied first. */
  readonly output: string;
  readonly compression: LayerCompression;
  /** The path of `igzip`: it makes gzip of the levels it knows (up to 3, and when none is asked for). */
  readonly igzip?: string | undefined;
  /** Threads for the other compressors; one for each processor when absent. Has no influence on the bytes. */
  readonly threads?: number | undefined;
  /** Later modification times are written as this one, in seconds since the epoch (SOURCE_DATE_EPOCH). */
  readonly timestampSeconds?: number | undefined;
}

export interface DiffOutcome extends LayerDigests {
  /** The sizes of the regular files in the layer, each file with several names once, and the lengths of symlinks' targets; 0 when it was made from a blob. */
  readonly fileBytes: number;
  /** 0 when it was made from a blob. */
  readonly entries: number;
}

export interface DiffProgress {
  /** Bytes of tar so far. */
  readonly doneBytes: number;
}
