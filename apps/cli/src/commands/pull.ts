import { familiarReference, formatPlatform, formatReference, matchPlatform, type Platform, type Reference } from '@slipway/oci';
import { defineCommand } from '../command/command.ts';
import { switchFlag } from '../command/flag.ts';
import { EXIT } from '../exit-code.ts';
import { createTransferView } from '../output/progress/create-transfer-view.ts';
import { parseImageName } from '../registry/image-name.ts';
import { INSECURE_FLAG } from '../registry/insecure-flag.ts';
import { LeftOut } from '../registry/left-out.ts';
import { type PulledImage, type PullOptions, pullAllTags, pullImage } from '../registry/pull-image.ts';
import { machinePlatform, PLATFORM_FLAG, requestedPlatform } from '../registry/wanted-platform.ts';

export const pullCommand = defineCommand({
  path: ['pull'],
  summary: 'Download an image from a registry',
  usage: 'NAME[:TAG|@DIGEST]',
  operands: { min: 1, max: 1 },
  examples: ['slipway pull debian:bookworm', 'slipway pull --platform linux/arm64 hub.example/ann/app', 'slipway pull -aq ann/app'],
  flags: {
    'all-tags': switchFlag('Download all tagged images in the repository', { short: 'a' }),
    ...PLATFORM_FLAG,
    quiet: switchFlag('Only print the name of what was pulled', { short: 'q' }),
    ...INSECURE_FLAG,
  },
  async run(context, { flags, operands: [name = ''] }) {
    const { reference, defaultTag } = parseImageName(name, { allTags: flags['all-tags'] });
    const wanted = requestedPlatform(flags.platform, context);
    const { stdout, clock, signal } = context;
    using view = createTransferView({ output: stdout, clock, isQuiet: flags.quiet });
    if (defaultTag !== undefined) view.say(`Using default tag: ${defaultTag}`);
    using registries = await context.openRegistries({ insecureRegistries: flags['insecure-registry'] });
    await using engine = await context.openEngine();
    await engine.cleanUp();
    const platform = wanted ?? machinePlatform();
    const leftOut = new LeftOut();
    const pulled = await pullRequested(reference, {
      engine,
      client: registries.client,
      view,
      isLive: stdout.isTTY === true,
      platform,
      leftOut,
      signal,
    });
    view.say(`Status: ${describeStatus(reference, pulled)}`);
    view[Symbol.dispose]();
    for (const warning of warningsOf(reference, wanted, pulled)) context.stderr.write(warning);
    context.stderr.write(leftOut.warning());
    stdout.write(`${formatReference(reference)}\n`);
    return EXIT.success;
  },
});

async function pullRequested(reference: Reference, options: PullOptions): Promise<readonly PulledImage[]> {
  const isOne = reference.tag !== undefined || reference.digest !== undefined;
  return isOne ? [await pullImage(reference, options)] : await pullAllTags(reference, options);
}

function describeStatus(reference: Reference, pulled: readonly PulledImage[]): string {
  const what = pulled.some(({ isNew }) => isNew) ? 'Downloaded newer image' : 'Image is up to date';
  return `${what} for ${familiarReference(reference)}`;
}

/** An image that is no index has one platform, whatever was asked for. */
function warningsOf(reference: Reference, wanted: Platform | undefined, pulled: readonly PulledImage[]): string[] {
  if (wanted === undefined) return [];
  return pulled.flatMap(({ record: { platform } }) =>
    platform.os === '' || matchPlatform(wanted, platform)
      ? []
      : [
          `WARNING: ${familiarReference(reference)} is for ${formatPlatform(platform)}, which does not match the requested ${formatPlatform(wanted)}\n`,
        ],
  );
}
