import { copyImage, fetchImage, type OnTransferEvent, pushImage, type RegistryClient } from '@slipway/client';
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

/** A folder, and the name that index.json gives an image in it. */
export interface LayoutPlace {
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

/** Into a folder; nothing is listed there before all is there. */
export async function copyToLayout(from: Reference, to: LayoutPlace, options: CopyOptions): Promise<CopiedImage> {
  const { client, platform = 'all', onProgress, signal } = options;
  refuseReferrers(options);
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

export async function copyFromLayout(from: LayoutPlace, to: Reference, options: CopyOptions): Promise<CopiedImage> {
  const { client, onProgress, signal } = options;
  refuseReferrers(options);
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

function refuseReferrers({ referrers }: CopyOptions): void {
  if (referrers)
    throw cliError('USAGE', '--referrers does not go with a folder', { hint: 'Referrers are copied from registry to registry.' });
}

function refuseDigest({ digest }: Reference): void {
  if (digest !== undefined)
    throw cliError('USAGE', 'cannot copy to a digest reference', { hint: 'Name the target by a tag, or not at all.' });
}
