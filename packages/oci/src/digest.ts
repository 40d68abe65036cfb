import { ociError } from './errors.ts';
import { quote } from './internal/quote.ts';

export type DigestAlgorithm = 'sha256' | 'sha512';

declare const digestBrand: unique symbol;

/** `<algorithm>:<lowercase hex>` of a supported algorithm and the right length. Safe as a file name once split by `algorithmOf` and `hexOf`. */
export type Digest = string & { readonly [digestBrand]: true };

const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;
const HEX_LENGTHS: Readonly<Record<DigestAlgorithm, number>> = { sha256: 64, sha512: 128 };

/** Errors: DIGEST_INVALID (invalid). */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw ociError('DIGEST_INVALID', `Cannot read digest ${quote(text)}: ${whyNot(text)}`);
}

export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

export function isDigestAlgorithm(text: string): text is DigestAlgorithm {
  return text === 'sha256' || text === 'sha512';
}

export function algorithmOf(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

function whyNot(text: string): string {
  const colon = text.indexOf(':');
  if (colon < 0) return 'it has no "algorithm:" in front';
  const algorithm = text.slice(0, colon);
  if (!isDigestAlgorithm(algorithm)) return `the algorithm ${quote(algorithm)} is not supported, only sha256 and sha512 are`;
  return `${algorithm} takes ${HEX_LENGTHS[algorithm]} lowercase hexadecimal digits`;
}
