import { createHash, hash } from 'node:crypto';
import { type Digest, type DigestAlgorithm, parseDigest } from '../digest.ts';

/** Hashes bytes as they come. `digest()` ends it: neither method can be called after that. */
export interface Digester {
  update(bytes: Uint8Array): void;
  digest(): Digest;
}

export function createDigester(algorithm: DigestAlgorithm = 'sha256'): Digester {
  const state = createHash(algorithm);
  return {
    update(bytes) {
      state.update(bytes);
    },
    digest() {
      return parseDigest(`${algorithm}:${state.digest('hex')}`);
    },
  };
}

/** The digest of bytes already in memory; a string counts as UTF-8. */
export function digestBytes(bytes: Uint8Array | string, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return parseDigest(`${algorithm}:${hash(algorithm, bytes, 'hex')}`);
}
