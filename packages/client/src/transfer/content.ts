import type { Readable } from 'node:stream';
import type { Descriptor, Digest } from '@slipway/oci';
import type { ManifestContent } from '../repository/manifests.ts';

interface SignalOptions {
  readonly signal?: AbortSignal;
}

/** Where content comes from: a `Repository`, or a local store. */
export interface ContentSource {
  /** The exact bytes of a manifest. Errors: not-found. */
  readManifest(digest: Digest, options?: SignalOptions): Promise<ManifestContent>;
  /** The bytes of a blob from an offset to its end; called again when a transfer is taken up anew. The caller owns the stream. */
  openBlob(descriptor: Descriptor, options?: SignalOptions & { readonly offset?: number }): Promise<Readable>;
  /** Sources without referrers have no such method. */
  listReferrers?(digest: Digest, options?: SignalOptions): Promise<readonly Descriptor[]>;
}

/** Where fetched content goes. Manifests come after all they refer to. */
export interface ContentSink {
  /** Whether `write` compares the digest itself, and rejects with DIGEST_MISMATCH: hashing is then done once. */
  readonly verifiesDigests?: boolean;
  has(descriptor: Descriptor, options?: SignalOptions): Promise<boolean>;
  /** Keeps the content if the stream ends well, and nothing if it fails: it is verified at its very end, its digest only without `verifiesDigests`. Called once at a time for a digest. */
  write(descriptor: Descriptor, content: Readable, options?: SignalOptions): Promise<void>;
  /** The bytes of a manifest it has: saves asking the registry. */
  readManifest?(descriptor: Descriptor, options?: SignalOptions): Promise<Uint8Array | undefined>;
}
