import { isAppError } from '@slipway/base';
import { targetNamed } from '@slipway/engine';
import { parseReference, type Reference, withDefaultTag } from '@slipway/oci';
import { type Command, defineCommand } from '../command/command.ts';
import { cliError } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import { shortName } from '../registry/image-name.ts';
import { imageWords } from './image/image-words.ts';

/** `slipway tag`, and `slipway image tag`. */
export function createTagCommand(path: readonly string[]): Command {
  return defineCommand({
    path,
    summary: 'Give an image another name',
    usage: 'SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]',
    operands: { min: 2, max: 2 },
    examples: ['slipway tag app localhost:5000/ann/app:v1', 'slipway tag 0e5574283393 app:old'],
    completes: imageWords,
    flags: {},
    async run(context, { operands: [source = '', target = ''] }) {
      const reference = parseTarget(target);
      await using engine = await context.openEngine();
      const image = engine.images.require(source);
      await engine.images.tag(image.id, reference, targetNamed(image, source));
      return EXIT.success;
    },
  });
}

/** In docker's words. */
function parseTarget(text: string): Reference {
  let reference: Reference;
  try {
    reference = withDefaultTag(parseReference(text));
  } catch (error) {
    const { reason } = (isAppError(error, 'REFERENCE_INVALID') ? error.details : {}) as { readonly reason?: string };
    if (reason === undefined) throw error;
    throw cliError('TAG_INVALID', `Error parsing reference: ${JSON.stringify(text)} is not a valid repository/tag: ${reason}`);
  }
  if (reference.digest !== undefined) throw cliError('TAG_INVALID', 'refusing to create a tag with a digest reference');
  if (shortName(reference) === 'sha256') {
    // `sha256:abc` is an image's id.
    throw cliError('TAG_INVALID', 'refusing to create an ambiguous tag using digest algorithm as name');
  }
  return reference;
}
