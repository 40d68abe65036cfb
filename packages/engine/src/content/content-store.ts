import type { Readable } from 'node:stream';
import type { Descriptor, Digest } from '@slipway/oci';
import type { OpenBlob } from '@slipway/storage/blob';
import type { Lease } from '../leases/lease.ts';

export interface ReadContentOptions {
  /** 8 MiB when absent. */
  readonly maxBytes?: number;
}

export interface OpenContentOptions {
  readonly offset?: number;
  readonly signal?: AbortSignal;
}

export interface WriteContentOptions {
  readonly lease: Lease;
  readonly signal?: AbortSignal;
  /** Told the path of the growing file before its first byte; the file keeps its inode when it becomes the content, and is unlinked when the write fails. */
  readonly onFile?: (path: string) => void;
}

export interface CreateFileOptions {
  readonly lease: Lease;
}

/** A file that somebody else fills, and that then becomes content. */
export interface ContentFile {
  readonly path: string;
  /** Verifies the bytes and makes them the content of that digest, durably. The lease holds it. On DIGEST_MISMATCH the file is gone. */
  commit(digest: Digest): Promise<void>;
  /** Idempotent; does nothing after a commit. */
  cancel(): Promise<void>;
}

/** Blobs, manifests and configs by digest. A digest's bytes are whole, verified and durable, or not there. Errors besides those named: STORAGE_*. */
export interface ContentStore {
  stat(digest: Digest): Promise<{ readonly sizeBytes: number } | undefined>;
  /** Stays readable when the content is removed meanwhile. The caller disposes it. */
  open(digest: Digest): Promise<OpenBlob | undefined>;
  /** The path of the content's file, whether it is there or not. It may be collected unless a lease or an image holds it. */
  pathOf(digest: Digest): string;
  /** A manifest or config, verified. Errors: CONTENT_MISSING, CONTENT_CORRUPT, CONTENT_TOO_LARGE. */
  read(descriptor: Pick<Descriptor, 'digest' | 'size'>, options?: ReadContentOptions): Promise<Buffer>;
  /** From an offset to the end; the size is checked, the bytes are left to the receiver. The caller owns the stream. Errors: CONTENT_MISSING, CONTENT_CORRUPT. */
  openBlob(descriptor: Pick<Descriptor, 'digest' | 'size'>, options?: OpenContentOptions): Promise<Readable>;
  /** Keeps the bytes, held by the lease, if they are of the size and digest; else nothing stays, and `source` is destroyed. Errors: DIGEST_MISMATCH, LENGTH_MISMATCH. */
  write(descriptor: Pick<Descriptor, 'digest' | 'size'>, source: Readable, options: WriteContentOptions): Promise<void>;
  /** Small content that is in memory. */
  put(bytes: Uint8Array, options: WriteContentOptions): Promise<{ readonly digest: Digest; readonly size: number }>;
  createFile(options: CreateFileOptions): Promise<ContentFile>;
  close(): Promise<void>;
}
