import { familiarReference, formatReference, type Reference } from '@slipway/oci';
import { defineCommand } from '../command/command.ts';
import { switchFlag } from '../command/flag.ts';
import { cliError } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import { createTransferView } from '../output/progress/create-transfer-view.ts';
import { parseImageName, shortName, wholeName } from '../registry/image-name.ts';
import { INSECURE_FLAG } from '../registry/insecure-flag.ts';
import { imagesNamed, type NamedImage, type PushedImage, pushNamedImage } from '../registry/push-image.ts';
import { PLATFORM_FLAG, requestedPlatform } from '../registry/wanted-platform.ts';

export const pushCommand = defineCommand({
  path: ['push'],
  summary: 'Upload an image to a registry',
  usage: 'NAME[:TAG]',
  operands: { min: 1, max: 1 },
  description: 'What was pulled is pushed byte by byte as it came; what was built or loaded is packed first.',
  examples: ['slipway push hub.example/ann/app:1.2', 'slipway push --all-tags ann/app'],
  flags: {
    'all-tags': switchFlag('Push all tags of an image to the repository', { short: 'a' }),
    platform: { ...PLATFORM_FLAG.platform, help: 'Push only the image for this platform' },
    quiet: switchFlag('Only print the name of what was pushed', { short: 'q' }),
    ...INSECURE_FLAG,
  },
  async run(context, { flags, operands: [text = ''] }) {
    const { reference, defaultTag } = parseImageName(text, { allTags: flags['all-tags'] });
    if (reference.digest !== undefined) throw cliError('USAGE', 'cannot push a digest reference', { hint: 'Name the image by its tag.' });
    const platform = flags.platform === undefined ? undefined : requestedPlatform(flags.platform, context);
    const { stdout, clock, signal } = context;
    using view = createTransferView({ output: stdout, clock, isQuiet: flags.quiet });
    if (defaultTag !== undefined) view.say(`Using default tag: ${defaultTag}`);
    using registries = await context.openRegistries({ insecureRegistries: flags['insecure-registry'] });
    await using engine = await context.openEngine();
    await engine.cleanUp();
    view.say(`The push refers to repository [${wholeName(reference)}]`);
    const pushed: PushedImage[] = [];
    for (const image of choose(imagesNamed(reference, engine), reference)) {
      pushed.push(await pushNamedImage(reference, image, { engine, client: registries.client, view, platform, signal }));
    }
    view[Symbol.dispose]();
    for (const image of pushed) context.stderr.write(describePart(image));
    if (flags.quiet) stdout.write(`${formatReference(reference)}\n`);
    return EXIT.success;
  },
});

/** One image, or with no tag in the reference all. Throws NOTHING_TO_PUSH in docker's words. */
function choose(images: readonly NamedImage[], reference: Reference): readonly NamedImage[] {
  if (images.length === 0) {
    throw cliError('NOTHING_TO_PUSH', `An image does not exist locally with the tag: ${shortName(reference)}`);
  }
  if (reference.tag === undefined) return images;
  const chosen = images.filter(({ name }) => name.tag === reference.tag);
  if (chosen.length === 0) throw cliError('NOTHING_TO_PUSH', `tag does not exist: ${familiarReference(reference)}`);
  return chosen;
}

function describePart({ descriptor, incomplete }: PushedImage): string {
  if (incomplete === undefined) return '';
  const what = 'Not all multiplatform-content is present and only the available single-platform image was pushed';
  return `Info: ${what}\n${incomplete.digest} -> ${descriptor.digest}\n`;
}
