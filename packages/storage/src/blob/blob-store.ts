import type { Readable, Writable } from 'node:stream';
import type { Digest, DigestAlgorithm } from '@slipway/oci';

/** A part of a blob: bytes `start` to `end`, both included, as in RFC 9110 §14. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface BlobStat {
  readonly sizeBytes: number;
  /** When the bytes were put in place, milliseconds since the epoch. */
  readonly storedAtMs: number;
}

export interface SendOptions {
  readonly range?: ByteRange;
  readonly signal?: AbortSignal;
}

/** An open blob. It stays readable even when the blob is deleted or replaced meanwhile. Dispose it exactly once. */
export interface OpenBlob extends AsyncDisposable {
  readonly sizeBytes: number;
  /**
   * Writes the bytes to `target` at the pace it takes them and resolves once the last write was taken; does not end `target`.
   * Memory per call is bounded, and bounded over all calls together however slowly the targets drain. Rejects when the target closes early (code ECANCELED or the
   * stream's error) or the signal aborts.
   */
  sendTo(target: Writable, options?: SendOptions): Promise<void>;
  /** The bytes as a stream, for readers that are not sockets. Destroying the stream does not dispose the blob. */
  stream(range?: ByteRange): Readable;
}

export interface UploadStat {
  /** How many bytes were received: where the next append starts. */
  readonly sizeBytes: number;
  readonly updatedAtMs: number;
}

export interface AppendOptions {
  /** Where the sender believes the upload stands. Anything else than the present size: error OFFSET_MISMATCH, nothing is written. */
  readonly offset?: number;
  /** The exact number of bytes expected from `source`; fewer or more: error LENGTH_MISMATCH (what came is kept up to that many bytes). */
  readonly length?: number;
  /** Which digest to compute on the way; sha256 when absent. */
  readonly algorithm?: DigestAlgorithm;
  readonly signal?: AbortSignal;
}

export interface CommitOutcome {
  readonly sizeBytes: number;
}

/**
 * Stores blobs by digest, and uploads on their way to become blobs.
 *
 * A blob is whole and durable or it is not there: bytes appear under a digest by one atomic step, after they were verified and forced to disk.
 * Uploads survive restarts; their bytes before a commit are not promised to survive power loss. All methods are safe to call concurrently;
 * appends and commits of one upload are serialized.
 *
 * Errors: STORAGE_FULL (kind unavailable: no space, quota), STORAGE_READ_ONLY, STORAGE_FAILED (I/O error), UPLOAD_UNKNOWN (not-found),
 * OFFSET_MISMATCH (out-of-range, details `{sizeBytes}`), LENGTH_MISMATCH (invalid), DIGEST_MISMATCH (invalid, details `{actual}`), BLOB_UNKNOWN (not-found).
 */
export interface BlobStore {
  stat(digest: Digest): Promise<BlobStat | undefined>;
  open(digest: Digest): Promise<OpenBlob | undefined>;
  /** Idempotent. Resolves to the bytes freed; 0 when it was not there. */
  delete(digest: Digest): Promise<number>;
  /** Every blob, in no particular order; tolerates changes meanwhile. Names that are no digest are skipped. */
  walk(options?: { readonly signal?: AbortSignal }): AsyncIterable<BlobStat & { readonly digest: Digest }>;
  /** Takes a damaged blob out of sight, keeping its bytes aside for inspection; the digest can then be stored again. */
  quarantine(digest: Digest): Promise<void>;

  /** Begins an upload; `id` matches [A-Za-z0-9_-]{1,128} and is new. */
  createUpload(id: string): Promise<void>;
  statUpload(id: string): Promise<UploadStat | undefined>;
  /**
   * Appends what `source` yields. If it breaks off, the bytes that came are kept and the error is rethrown. The memory of the chunks is freed
   * once they are written if `source` has a property `ownsChunks` that is true, or is a message of node:http.
   */
  append(id: string, source: Readable, options?: AppendOptions): Promise<UploadStat>;
  /**
   * Verifies the upload against `digest` and makes it the blob of that name; the upload is then gone. Replaces what is there, so that a
   * re-push heals damage. Durable when it resolves. On DIGEST_MISMATCH the upload is discarded; on storage errors it stays.
   */
  commit(id: string, digest: Digest): Promise<CommitOutcome>;
  /** Resolves to whether there was one. */
  cancelUpload(id: string): Promise<boolean>;
  walkUploads(): AsyncIterable<UploadStat & { readonly id: string }>;

  /** Throws STORAGE_* unless bytes can be written now: for readiness. */
  checkWritable(): Promise<void>;
  close(): Promise<void>;
}
