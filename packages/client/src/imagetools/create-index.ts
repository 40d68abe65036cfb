import { type Descriptor, isIndexType, MEDIA_TYPES, type Platform, parseManifest, type TagName } from '@slipway/oci';
import { digestBytes } from '@slipway/oci/node';
import type { ManifestContent, ManifestName } from '../repository/manifests.ts';
import type { Repository } from '../repository/repository.ts';
import { mountable } from '../transfer/copy-image.ts';
import { pushImage } from '../transfer/push-image.ts';
import { readImageConfig } from './inspect-image.ts';

export interface IndexSource {
  readonly repository: Repository;
  readonly name: ManifestName;
}

export interface ComposeIndexOptions {
  /** In the order they are to be listed; an index stands for its children. */
  readonly sources: readonly IndexSource[];
  /** Entered in the index itself. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Keep only these platforms. */
  readonly platforms?: readonly Platform[];
  readonly signal?: AbortSignal;
}

export interface ComposedIndex {
  /** An index of all sources; the very bytes of the source when there is one, and nothing was to be changed. */
  readonly content: ManifestContent;
  /** Where each child comes from. */
  readonly children: readonly { readonly descriptor: Descriptor; readonly repository: Repository }[];
}

/** Makes an index of images that registries hold, as `buildx imagetools create` does. Writes nothing. */
export async function composeIndex(options: ComposeIndexOptions): Promise<ComposedIndex> {
  const call = options.signal === undefined ? {} : { signal: options.signal };
  const tops: { readonly repository: Repository; readonly content: ManifestContent }[] = [];
  for (const { repository, name } of options.sources) tops.push({ repository, content: await repository.readManifest(name, call) });
  const [only] = tops;
  const isChanged = options.annotations !== undefined || options.platforms !== undefined;
  if (only !== undefined && tops.length === 1 && !isChanged) return { content: only.content, children: await childrenOf(only, call) };
  const found = (await Promise.all(tops.map(async (top) => await childrenOf(top, call)))).flat();
  const kept = [
    ...new Map(
      found.filter(({ descriptor }) => isWanted(descriptor, options.platforms)).map((child) => [keyOf(child.descriptor), child]),
    ).values(),
  ];
  const isDocker = kept.length > 0 && kept.every(({ descriptor }) => descriptor.mediaType === MEDIA_TYPES.dockerManifest);
  const mediaType = isDocker && options.annotations === undefined ? MEDIA_TYPES.dockerManifestList : MEDIA_TYPES.ociIndex;
  const document = {
    schemaVersion: 2,
    mediaType,
    manifests: kept.map(({ descriptor }) => descriptor),
    ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
  };
  const bytes = Buffer.from(JSON.stringify(document, undefined, 2));
  return { content: { bytes, mediaType, digest: digestBytes(bytes) }, children: kept };
}

export interface PushIndexOptions {
  readonly index: ComposedIndex;
  readonly target: Repository;
  readonly tags: readonly TagName[];
  readonly signal?: AbortSignal;
}

/** Brings the children into the target, from wherever they are, then the index under its tags. */
export async function pushIndex({ index, target, tags, signal }: PushIndexOptions): Promise<Descriptor> {
  const call = signal === undefined ? {} : { signal };
  const { bytes, mediaType, digest } = index.content;
  for (const { repository, descriptor } of index.children) {
    if (descriptor.digest === digest || (repository.host === target.host && repository.name === target.name)) continue;
    await pushImage({ source: repository, target, mountFrom: mountable(repository, target), image: descriptor, tags: [], ...call });
  }
  const [first] = index.children;
  // One image, unchanged: its blobs have to travel too.
  if (first?.descriptor.digest === digest) {
    const { repository } = first;
    return await pushImage({
      source: repository,
      target,
      mountFrom: mountable(repository, target),
      image: first.descriptor,
      tags,
      ...call,
    });
  }
  await target.pushManifest(index.content, { tags, ...call });
  return { mediaType, digest, size: bytes.length };
}

async function childrenOf(
  { repository, content }: { readonly repository: Repository; readonly content: ManifestContent },
  call: { readonly signal?: AbortSignal },
): Promise<{ readonly descriptor: Descriptor; readonly repository: Repository }[]> {
  const { bytes, mediaType, digest } = content;
  if (isIndexType(mediaType)) {
    const index = parseManifest(bytes, mediaType);
    return index.kind === 'index' ? index.manifests.map((descriptor) => ({ descriptor, repository })) : [];
  }
  const config = await readImageConfig(repository, content, call);
  const platform = config === undefined ? undefined : platformOf(config);
  return [{ descriptor: { mediaType, digest, size: bytes.length, ...(platform === undefined ? {} : { platform }) }, repository }];
}

function platformOf(config: Platform): Platform | undefined {
  if (config.os === '' || config.architecture === '') return undefined;
  const { os, architecture, variant, 'os.version': version, 'os.features': features } = config;
  return {
    os,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    ...(version === undefined ? {} : { 'os.version': version }),
    ...(features === undefined ? {} : { 'os.features': features }),
  };
}

function isWanted({ platform }: Descriptor, platforms: readonly Platform[] | undefined): boolean {
  if (platforms === undefined) return true;
  return platforms.some(
    ({ os, architecture, variant }) =>
      platform?.os === os && platform.architecture === architecture && (variant === undefined || platform.variant === variant),
  );
}

/** The same content may be listed for several platforms. */
function keyOf({ digest, platform }: Descriptor): string {
  return `${digest} ${JSON.stringify(platform ?? {})}`;
}
