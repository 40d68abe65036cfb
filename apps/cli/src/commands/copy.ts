import type { Reference } from '@slipway/oci';
import { defineCommand } from '../command/command.ts';
import { switchFlag } from '../command/flag.ts';
import { cliError } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import { createTransferView } from '../output/progress/create-transfer-view.ts';
import { copyEveryTag, copyEveryTagFromLayout, copyEveryTagToLayout } from '../registry/copy-every-tag.ts';
import { type CopiedImage, type CopyOptions, copyBetween, copyFromLayout, copyToLayout } from '../registry/copy-image.ts';
import { type CopyPlace, parseCopyPlace } from '../registry/copy-place.ts';
import { INSECURE_FLAG } from '../registry/insecure-flag.ts';
import { PushProgress } from '../registry/push-progress.ts';
import { asPullError, asPushError } from '../registry/refusals.ts';
import { PLATFORM_FLAG, requestedPlatform } from '../registry/wanted-platform.ts';

export const copyCommand = defineCommand({
  path: ['copy'],
  summary: 'Copy an image from one registry to another',
  usage: 'SOURCE TARGET',
  operands: { min: 2, max: 2 },
  description: [
    'Digests stay what they are: all platforms are copied unless one is named. Nothing is kept on this machine.',
    'SOURCE or TARGET may be a folder in the OCI image layout, as oci:FOLDER[:TAG]; --all-tags takes every tag in it.',
  ].join('\n'),
  examples: [
    'slipway copy debian:bookworm hub.example/mirror/debian',
    'slipway copy --all-tags --referrers hub.example/ann/app other.example/ann/app',
    'slipway copy ann/app:1.2 oci:./app:1.2',
  ],
  flags: {
    'all-tags': switchFlag('Copy every tag of the repository', { short: 'a' }),
    platform: { ...PLATFORM_FLAG.platform, help: 'Copy only the image for this platform' },
    quiet: switchFlag('Only print the digest', { short: 'q' }),
    referrers: switchFlag('Copy signatures, SBOMs and other referrers too'),
    ...INSECURE_FLAG,
  },
  async run(context, { flags, operands: [sourceText = '', targetText = ''] }) {
    const source = parseCopyPlace(sourceText, context.cwd);
    const target = parseCopyPlace(targetText, context.cwd);
    const platform = flags.platform === undefined ? undefined : requestedPlatform(flags.platform, context);
    const { stdout, clock, signal } = context;
    using view = createTransferView({ output: stdout, clock, isQuiet: flags.quiet });
    using registries = await context.openRegistries({ insecureRegistries: flags['insecure-registry'] });
    const progress = new PushProgress(view);
    const options = { client: registries.client, referrers: flags.referrers, platform, onProgress: progress.onEvent, signal };
    const digests: string[] = [];
    const copies = flags['all-tags'] ? copyRepository({ source, target }, options) : [await copyOne({ source, target }, options)];
    for await (const { descriptor, tag } of copies) {
      progress.finish();
      view.say(`${tag === undefined ? '' : `${tag}: `}digest: ${descriptor.digest} size: ${descriptor.size}`);
      digests.push(descriptor.digest);
    }
    view[Symbol.dispose]();
    if (flags.quiet) stdout.write(digests.map((digest) => `${digest}\n`).join(''));
    return EXIT.success;
  },
});

interface CopyEnds {
  readonly source: CopyPlace;
  readonly target: CopyPlace;
}

async function copyOne({ source, target }: CopyEnds, options: CopyOptions): Promise<CopiedImage> {
  if (source.kind === 'registry' && target.kind === 'registry') {
    return await inWords(source.reference, target.reference, async () => await copyBetween(source.reference, target.reference, options));
  }
  if (source.kind === 'registry' && target.kind === 'layout') {
    return await inWords(source.reference, undefined, async () => await copyToLayout(source.reference, target, options));
  }
  if (source.kind === 'layout' && target.kind === 'registry') {
    return await inWords(undefined, target.reference, async () => await copyFromLayout(source, target.reference, options));
  }
  throw betweenFolders();
}

async function* copyRepository({ source, target }: CopyEnds, options: CopyOptions): AsyncGenerator<CopiedImage> {
  try {
    if (source.kind === 'registry' && target.kind === 'registry') yield* copyEveryTag(source.reference, target.reference, options);
    else if (source.kind === 'registry' && target.kind === 'layout') yield* copyEveryTagToLayout(source.reference, target, options);
    else if (source.kind === 'layout' && target.kind === 'registry') yield* copyEveryTagFromLayout(source, target.reference, options);
    else throw betweenFolders();
  } catch (error) {
    throw asCopyError(error, referenceAt(source), referenceAt(target));
  }
}

function referenceAt(place: CopyPlace): Reference | undefined {
  return place.kind === 'registry' ? place.reference : undefined;
}

function betweenFolders(): Error {
  return cliError('USAGE', 'Cannot copy from folder to folder: one end must be a registry');
}

async function inWords<T>(source: Reference | undefined, target: Reference | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asCopyError(error, source, target);
  }
}

/** Which end refused is in the message. */
function asCopyError(error: unknown, source: Reference | undefined, target: Reference | undefined): unknown {
  const isPush = error instanceof Error && error.message.startsWith('push access denied');
  if (isPush) return target === undefined ? error : asPushError(error, target);
  return source === undefined ? error : asPullError(error, source);
}
