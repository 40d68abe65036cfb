import { LruCache } from '@slipway/base';
import type { Digest, DigestAlgorithm } from '@slipway/oci';
import { createDigester, type Digester } from '@slipway/oci/node';
import type { ThreadDigest } from '../hashing/hash-thread.ts';
import type { SharedFile } from './shared-file.ts';

/** A digest of an upload's first bytes: computed on this thread, or by another. */
export type UploadDigest =
  | { readonly kind: 'here'; readonly digester: Digester }
  | { readonly kind: 'thread'; readonly digest: ThreadDigest };

interface RunningDigest {
  readonly state: UploadDigest;
  readonly algorithm: DigestAlgorithm;
  /** How many bytes it has seen. */
  readonly offset: number;
}

const REREAD_BYTES = 1024 * 1024;

/**
 * The unfinished digests of the uploads that moved last, so that PATCH, PATCH, PUT never reads the file again. Losing one (a restart, a
 * failed write, too many uploads, another algorithm) costs one pass over the file at commit.
 */
export class RunningDigests {
  readonly #entries: LruCache<string, RunningDigest>;

  constructor(maxUploads = 1000) {
    this.#entries = new LruCache({ maxWeight: maxUploads });
  }

  /** Takes the digest out, if it stands exactly there; whoever goes on with it puts it back with `keep`. */
  take(id: string, algorithm: DigestAlgorithm, offset: number): UploadDigest | undefined {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    if (entry !== undefined && entry.algorithm === algorithm && entry.offset === offset) return entry.state;
    return offset === 0 ? { kind: 'here', digester: createDigester(algorithm) } : undefined;
  }

  keep(id: string, entry: RunningDigest): void {
    this.#entries.set(id, entry);
  }

  forget(id: string): void {
    this.#entries.delete(id);
  }

  clear(): void {
    this.#entries.clear();
  }
}

/** Ends a digest; undefined when the thread that had it lost it. */
export async function finishDigest(state: UploadDigest): Promise<Digest | undefined> {
  return state.kind === 'here' ? state.digester.digest() : await state.digest.digest();
}

/** Reads the first `sizeBytes` of a file and hashes them. */
export async function digestFile(file: SharedFile, sizeBytes: number, algorithm: DigestAlgorithm): Promise<Digest> {
  const digester = createDigester(algorithm);
  const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(REREAD_BYTES, sizeBytes)));
  for (let position = 0; position < sizeBytes; ) {
    const lengthBytes = Math.min(buffer.length, sizeBytes - position);
    await file.read(buffer, lengthBytes, position);
    digester.update(buffer.subarray(0, lengthBytes));
    position += lengthBytes;
  }
  return digester.digest();
}
