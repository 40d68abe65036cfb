import { copyAllTags, copyImage, fetchImage, type OnTransferEvent, pushImage, type RegistryClient } from '@slipway/client';
import { createLayout, openLayout } from '@slipway/engine/archives';
import { type Descriptor, isTagName, type Platform, parseTagName, type Reference, type TagName, withDefaultTag } from '@slipway/oci';
import { cliError } from '../errors.ts';
import { shortName } from './image-name.ts';

export interface CopyOptions {
  readonly client: RegistryClient;
  readonly referrers: boolean;
  /** Only the image for this platform. */
  readonly platform: Platform | undefined;
  readonly onProgress: OnTransferEvent;
  readonly signal: AbortSignal;
}

export interface CopiedImage {
  readonly descriptor: Descriptor;
  readonly tag: TagName | undefined;
}

interface Layout {
  readonly folder: string;
  readonly name: string | undefined;
}

/** From registry to registry, through memory alone. */
export async function copyBetween(from: Reference, to: Reference, options: CopyOptions): Promise<CopiedImage> {
  const { client, platform, ...rest } = options;
  const { digest, tag } = withDefaultTag(from);
  const name = digest ?? tag;
  if (name === undefined) throw new TypeError(`"${shortName(from)}" has neither tag nor digest`);
  refuseDigest(to);
  const wanted = to.tag ?? tag;
  const descriptor = await copyImage({
    ...rest,
    ...(platform === undefined ? {} : { platform }),
    from: client.repository(from),
    to: client.repository(to),
    name,
    tags: wanted === undefined ? [] : [wanted],
  });
  return { descriptor, tag: wanted };
}

export async function* copyEveryTag(from: Reference, to: Reference, options: CopyOptions): AsyncGenerator<CopiedImage> {
  if ([from, to].some(({ tag, digest }) => tag !== undefined || digest !== undefined)) {
    throw cliError('USAGE', "tag can't be used with --all-tags/-a", { hint: 'Name the repositories alone.' });
  }
  if (options.platform !== undefined) throw cliError('USAGE', '--platform and --all-tags are mutually exclusive');
  const { client, platform: _platform, ...rest } = options;
  for await (const { tag, image } of copyAllTags({ ...rest, from: client.repository(from), to: client.repository(to) })) {
    yield { tag, descriptor: image };
  }
}

/** Into a folder; nothing is listed there before all is there. */
export async function copyToLayout(from: Reference, to: Layout, options: CopyOptions): Promise<CopiedImage> {
  const { client, platform = 'all', onProgress, signal } = options;
  const { digest, tag } = withDefaultTag(from);
  const name = digest ?? tag;
  if (name === undefined) throw new TypeError(`"${shortName(from)}" has neither tag nor digest`);
  const sink = await createLayout(to.folder);
  const { descriptor, manifest } = await fetchImage({ source: client.repository(from), name, sink, platform, onProgress, signal });
  const image = platform === 'all' ? descriptor : manifest;
  const reference = to.name ?? tag;
  await sink.add({ descriptor: image, ...(reference === undefined ? {} : { reference }) });
  return { descriptor: image, tag: reference !== undefined && isTagName(reference) ? reference : undefined };
}

export async function copyFromLayout(from: Layout, to: Reference, options: CopyOptions): Promise<CopiedImage> {
  const { client, onProgress, signal } = options;
  if (options.platform !== undefined) {
    throw cliError('USAGE', '--platform does not go with a folder as source', { hint: 'Load the folder, then push the image.' });
  }
  refuseDigest(to);
  const source = await openLayout(from.folder);
  const image = await source.resolve(from.name);
  const tag = to.tag ?? parseTagName(from.name !== undefined && isTagName(from.name) ? from.name : 'latest');
  const descriptor = await pushImage({ source, target: client.repository(to), image, tags: [tag], onProgress, signal });
  return { descriptor, tag };
}

function refuseDigest({ digest }: Reference): void {
  if (digest !== undefined)
    throw cliError('USAGE', 'cannot copy to a digest reference', { hint: 'Name the target by a tag, or not at all.' });
}
