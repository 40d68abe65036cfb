import type { ImageName, ImageRecord, ImageStore } from '@slipway/engine';
import { parseReference, type Reference } from '@slipway/oci';

export interface ChosenImage {
  readonly record: ImageRecord;
  /** The names it was chosen by. */
  readonly names: readonly Reference[];
}

/**
 * What an operand of `save` stands for: a repository without a tag is all of its tags, an id or a digest an image without names.
 * Errors: IMAGE_UNKNOWN.
 */
export function chooseImages(images: Pick<ImageStore, 'list' | 'require'>, text: string): readonly ChosenImage[] {
  const reference = referenceOf(text);
  const isChosen = (name: ImageName): boolean =>
    reference !== undefined &&
    reference.digest === undefined &&
    name.repository === `${reference.registry}/${reference.repository}` &&
    (reference.tag === undefined || reference.tag === name.tag);
  const chosen = images.list().flatMap((record) => {
    const names = record.names.filter(isChosen).map(({ repository, tag }) => parseReference(`${repository}:${tag}`));
    return names.length === 0 ? [] : [{ record, names }];
  });
  return chosen.length > 0 ? chosen : [{ record: images.require(text), names: [] }];
}

/** Undefined for what only an id can be. */
function referenceOf(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch {
    return undefined;
  }
}
