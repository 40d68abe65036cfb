import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf } from '@slipway/base';
import { type ComposedIndex, composeIndex, pushIndex, type RegistryClient } from '@slipway/client';
import { formatReference, parsePlatform, parseReference, type Reference, withDefaultTag } from '@slipway/oci';
import { defineCommand } from '../../../command/command.ts';
import { type Flag, listFlag, switchFlag } from '../../../command/flag.ts';
import type { CliContext } from '../../../context.ts';
import { cliError } from '../../../errors.ts';
import { EXIT } from '../../../exit-code.ts';
import { INSECURE_FLAG } from '../../../registry/insecure-flag.ts';
import { asPullError, asPushError } from '../../../registry/refusals.ts';
import { parseAnnotations } from './annotation-flag.ts';
import { type CreateSource, locateSources, parseCreateSource } from './index-source.ts';

const PREFER_INDEX: Flag<boolean> = {
  ...switchFlag('When only a single source is specified, prefer outputting an image index instead of an image manifest (default true)'),
  initial: true,
};

export const imagetoolsCreateCommand = defineCommand({
  path: ['buildx', 'imagetools', 'create'],
  summary: 'Create a new image based on source images',
  usage: '[SOURCE...]',
  operands: { min: 0 },
  description: 'A SOURCE is an image in a registry, a digest in the repository of the target, or a descriptor in JSON.',
  examples: [
    'slipway buildx imagetools create -t ann/app:1.2 ann/app:1.2-amd64 ann/app:1.2-arm64',
    'slipway buildx imagetools create --dry-run --annotation index:org.opencontainers.image.version=1.2 ann/app:1.2',
  ],
  flags: {
    annotation: listFlag('Add annotation to the image: [index|manifest-descriptor[PLATFORM]:]KEY=VALUE'),
    append: switchFlag('Append to existing manifest'),
    'dry-run': switchFlag('Show final image instead of pushing'),
    file: listFlag('Read source descriptor from file', { short: 'f' }),
    platform: listFlag('Keep only these platforms of the sources', { short: 'p' }),
    'prefer-index': PREFER_INDEX,
    tag: listFlag('Set reference for new image', { short: 't' }),
    ...INSECURE_FLAG,
  },
  async run(context, { flags, operands }) {
    const isDry = flags['dry-run'];
    if (operands.length === 0 && flags.file.length === 0) throw cliError('USAGE', 'no sources specified');
    if (!isDry && flags.tag.length === 0) throw cliError('USAGE', "can't push with no tags specified, please set --tag or --dry-run");
    const targets = flags.tag.map(parseTarget);
    const texts = [...(await readSourceFiles(flags.file, context)), ...operands];
    const appended = flags.append
      ? targets.slice(0, 1).map((reference): CreateSource => ({ text: formatReference(reference), reference }))
      : [];
    const sources = locateSources([...appended, ...texts.map(parseCreateSource)], targets);
    const { annotations, descriptorAnnotations } = parseAnnotations(flags.annotation);
    const platforms = flags.platform.flatMap((list) => list.split(',')).map((platform) => parsePlatform(platform));
    using registries = await context.openRegistries({ insecureRegistries: flags['insecure-registry'] });
    const index = await compose(sources, registries.client, {
      preferIndex: flags['prefer-index'],
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ...(descriptorAnnotations.length === 0 ? {} : { descriptorAnnotations }),
      ...(platforms.length === 0 ? {} : { platforms }),
      signal: context.signal,
    });
    if (isDry) context.stdout.write(`${index.content.bytes.toString('utf8')}\n`);
    else for (const target of targets) await push(context, { target, index, client: registries.client });
    return EXIT.success;
  },
});

type ComposeChoices = Omit<Parameters<typeof composeIndex>[0], 'sources'>;

async function compose(
  sources: readonly (CreateSource & { readonly reference: Reference })[],
  client: RegistryClient,
  choices: ComposeChoices,
): Promise<ComposedIndex> {
  const located = sources.map(({ reference, described }) => {
    const name = reference.digest ?? reference.tag;
    if (name === undefined) throw new TypeError(`"${formatReference(reference)}" has neither tag nor digest`);
    return { repository: client.repository(reference), name, ...(described === undefined ? {} : { described }) };
  });
  try {
    return await composeIndex({ ...choices, sources: located });
  } catch (error) {
    // Which of several is denied stands in the registry's own words.
    throw sources.length === 1 && sources[0] !== undefined ? asPullError(error, sources[0].reference) : error;
  }
}

interface PushTarget {
  readonly target: Reference;
  readonly index: ComposedIndex;
  readonly client: RegistryClient;
}

async function push({ stderr, signal, clock }: CliContext, { target, index, client }: PushTarget): Promise<void> {
  const startedMs = clock.monotonicMs();
  stderr.write(`#1 [internal] pushing ${formatReference(target)}\n`);
  try {
    const tags = target.tag === undefined ? [] : [target.tag];
    const { digest } = await pushIndex({ index, target: client.repository(target), tags, signal });
    const seconds = ((clock.monotonicMs() - startedMs) / 1000).toFixed(1);
    stderr.write(`#1 pushing ${digest} to ${formatReference(target)}\n#1 DONE ${seconds}s\n`);
  } catch (error) {
    throw asPushError(error, target);
  }
}

function parseTarget(text: string): Reference {
  const reference = withDefaultTag(parseReference(text));
  if (reference.digest === undefined) return reference;
  throw cliError('USAGE', `Cannot push to "${text}": the digest follows from the content`, { hint: 'Name a tag.' });
}

async function readSourceFiles(files: readonly string[], { cwd }: Pick<CliContext, 'cwd'>): Promise<string[]> {
  return await Promise.all(
    files.map(async (file) => {
      try {
        return await readFile(resolve(cwd, file), 'utf8');
      } catch (error) {
        throw cliError('USAGE', `Cannot read the source "${file}": ${messageOf(error)}`, { cause: error });
      }
    }),
  );
}
