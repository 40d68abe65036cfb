import { isAppError } from '@slipway/base';
import type { ImageRecord } from '@slipway/engine';
import { type Digest, parseReference, type Reference } from '@slipway/oci';
import { wholeName } from '../../registry/image-name.ts';

/** The manifest or index that the words by which an image was found stand for: an id stands for none in particular. */
export function targetMeant({ names, digests }: ImageRecord, text: string): Digest | undefined {
  const reference = readReference(text);
  if (reference === undefined) return undefined;
  const repository = wholeName(reference);
  if (reference.digest !== undefined)
    return digests.find((own) => own.repository === repository && own.digest === reference.digest)?.digest;
  return names.find((own) => own.repository === repository && own.tag === (reference.tag ?? 'latest'))?.target;
}

function readReference(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch (error) {
    // A whole id is no reference.
    if (isAppError(error, 'REFERENCE_INVALID')) return undefined;
    throw error;
  }
}
