import { algorithmOf, type Descriptor, isArtifactManifestType, isImageManifestType, isIndexType } from '@slipway/oci';
import { digestBytes } from '@slipway/oci/node';
import { clientError } from '../errors.ts';

/** Errors: DIGEST_MISMATCH (data-loss). */
export function verifyManifest(bytes: Uint8Array, descriptor: Pick<Descriptor, 'digest'>): void {
  const actual = digestBytes(bytes, algorithmOf(descriptor.digest));
  if (actual === descriptor.digest) return;
  throw clientError('DIGEST_MISMATCH', `Cannot use manifest ${descriptor.digest}: its content is ${actual}`);
}

/** Whether a child of an index is a manifest. BuildKit's cache lists layers there, so a child of any other type is a blob. */
export function isManifestType(mediaType: string): boolean {
  return isIndexType(mediaType) || isImageManifestType(mediaType) || isArtifactManifestType(mediaType);
}

/** Deeper indexes than any real image has: only someone who wants to harm nests more. */
export const MAX_DEPTH = 12;

export function checkDepth(depth: number, descriptor: Descriptor): void {
  if (depth <= MAX_DEPTH) return;
  throw clientError('ANSWER_INVALID', `Cannot use manifest ${descriptor.digest}: indexes are nested more than ${MAX_DEPTH} deep`);
}
