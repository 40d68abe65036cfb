import type { Digest } from '../../digest.ts';
import type { Compression } from './compression.ts';

/** What identifies a layer: the blob as it is stored and sent, and the tar inside. */
export interface LayerDigests {
  readonly compression: Compression;
  /** Of the bytes as stored. */
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** Of the tar. */
  readonly diffId: Digest;
  readonly diffSizeBytes: number;
}

/** Bytes on their way, hashed on both sides of the compression in the same pass. */
export interface LayerStream {
  /** Can be read once. */
  readonly content: AsyncIterable<Buffer>;
  /** Only after `content` was read to its end. */
  digests(): LayerDigests;
}
