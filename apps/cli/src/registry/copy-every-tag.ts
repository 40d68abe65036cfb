import { copyAllTags } from '@slipway/client';
import { openLayout } from '@slipway/engine/archives';
import { isTagName, type Reference, type TagName } from '@slipway/oci';
import { cliError } from '../errors.ts';
import { type CopiedImage, type CopyOptions, copyFromLayout, copyToLayout, type LayoutPlace } from './copy-image.ts';

/** Yields each tag of a repository as it is copied. */
export async function* copyEveryTag(from: Reference, to: Reference, options: CopyOptions): AsyncGenerator<CopiedImage> {
  for (const { tag, digest } of [from, to]) refuseName(tag ?? digest);
  refusePlatform(options);
  const { client, platform: _platform, ...rest } = options;
  for await (const { tag, image } of copyAllTags({ ...rest, from: client.repository(from), to: client.repository(to) })) {
    yield { tag, descriptor: image };
  }
}

/** Each image is listed in the folder under its tag as soon as all of it is there. */
export async function* copyEveryTagToLayout(from: Reference, to: LayoutPlace, options: CopyOptions): AsyncGenerator<CopiedImage> {
  refuseName(from.tag ?? from.digest ?? to.name);
  const tags: TagName[] = [];
  for await (const tag of options.client.repository(from).listTags({ signal: options.signal })) tags.push(tag);
  for (const tag of tags) yield await copyToLayout({ ...from, tag }, to, options);
}

/** What has a tag in the folder; names that are none stay behind. */
export async function* copyEveryTagFromLayout(from: LayoutPlace, to: Reference, options: CopyOptions): AsyncGenerator<CopiedImage> {
  refuseName(from.name ?? to.tag ?? to.digest);
  const images = await (await openLayout(from.folder)).list();
  for (const name of new Set(images.map(({ reference }) => reference))) {
    if (name !== undefined && isTagName(name)) yield await copyFromLayout({ ...from, name }, to, options);
  }
}

function refuseName(name: string | undefined): void {
  if (name !== undefined) {
    throw cliError('USAGE', "tag can't be used with --all-tags/-a", { hint: 'Name the repositories, or folders, alone.' });
  }
}

function refusePlatform({ platform }: CopyOptions): void {
  if (platform !== undefined) throw cliError('USAGE', '--platform and --all-tags are mutually exclusive');
}
