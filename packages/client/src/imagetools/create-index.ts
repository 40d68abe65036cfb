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
  /** What the index says of an image, instead of what is known of it; for sources that are no index. */
  readonly described?: Pick<Descriptor, 'platform' | 'annotations'>;
}

/** Entered in the descriptors of the children: of one platform, or of all. */
export interface DescriptorAnnotation {
  readonly key: string;
  readonly value: string;
  readonly platform?: Platform;
}

export interface ComposeIndexOptions {
  /** In the order they are to be listed; an index stands for its children. */
  readonly sources: readonly IndexSource[];
  /** Entered in the index itself. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly descriptorAnnotations?: readonly DescriptorAnnotation[];
  /** Make an index even of a single image. */
  readonly preferIndex?: boolean;
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
  const tops: TopManifest[] = [];
  for (const source of options.sources) tops.push({ ...source, content: await source.repository.readManifest(source.name, call) });
  const [only] = tops;
  const isChanged =
    [options.annotations, options.platforms, options.descriptorAnnotations, only?.described].some((change) => change !== undefined) ||
    (options.preferIndex === true && !isIndexType(only?.content.mediaType ?? ''));
  if (only !== undefined && tops.length === 1 && !isChanged) return { content: only.content, children: await childrenOf(only, call) };
  const found = (await Promise.all(tops.map(async (top) => await childrenOf(top, call)))).flat();
  const kept = [
    ...new Map(
      found.filter(({ descriptor }) => isWanted(descriptor, options.platforms)).map((child) => [keyOf(child.descriptor), child]),
    ).values(),
  ];
  const isDocker = kept.length > 0 && kept.every(({ descriptor }) => descriptor.mediaType === MEDIA_TYPES.dockerManifest);
  const isAnnotated = options.annotations !== undefined || options.descriptorAnnotations !== undefined;
  const mediaType = isDocker && !isAnnotated ? MEDIA_TYPES.dockerManifestList : MEDIA_TYPES.ociIndex;
  const document = {
    schemaVersion: 2,
    mediaType,
    manifests: kept.map(({ descriptor }) => annotate(descriptor, options.descriptorAnnotations ?? [])),
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

interface TopManifest extends Pick<IndexSource, 'repository' | 'described'> {
  readonly content: ManifestContent;
}

async function childrenOf(
  { repository, content, described }: TopManifest,
  call: { readonly signal?: AbortSignal },
): Promise<{ readonly descriptor: Descriptor; readonly repository: Repository }[]> {
  const { bytes, mediaType, digest } = content;
  if (isIndexType(mediaType)) {
    const index = parseManifest(bytes, mediaType);
    return index.kind === 'index' ? index.manifests.map((descriptor) => ({ descriptor, repository })) : [];
  }
  const config = await readImageConfig(repository, content, call);
  const platform = config === undefined ? undefined : platformOf(config);
  return [
    { descriptor: { mediaType, digest, size: bytes.length, ...(platform === undefined ? {} : { platform }), ...described }, repository },
  ];
}

function annotate(descriptor: Descriptor, wanted: readonly DescriptorAnnotation[]): Descriptor {
  const fitting = wanted.filter(({ platform }) => platform === undefined || isWanted(descriptor, [platform]));
  if (fitting.length === 0) return descriptor;
  return {
    ...descriptor,
    annotations: { ...descriptor.annotations, ...Object.fromEntries(fitting.map(({ key, value }) => [key, value])) },
  };
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
