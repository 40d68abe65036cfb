import type { Descriptor, Platform, TagName } from '@slipway/oci';
import type { ManifestName } from '../repository/manifests.ts';
import type { Repository } from '../repository/repository.ts';
import { choosePlatform } from './choose-platform.ts';
import type { PushOptions } from './image-push.ts';
import { pushAllTags, pushImage } from './push-image.ts';

export interface CopyOptions extends Omit<PushOptions, 'source' | 'target' | 'mountFrom'> {
  readonly from: Repository;
  readonly to: Repository;
}

export interface CopyImageOptions extends CopyOptions {
  readonly name: ManifestName;
  /** Without tags the copy is there by its digest alone. */
  readonly tags: readonly TagName[];
  /** Copies only the image for this platform; the whole index when absent. */
  readonly platform?: Platform;
}

/**
 * Copies an image from one repository to another, through memory alone: within a registry by mounts, else layer by layer as a stream.
 * Digests stay what they are. Resolves to what the tags then stand for. Errors: as `pushImage`, PLATFORM_UNKNOWN.
 */
export async function copyImage({ from, to, name, tags, platform, ...options }: CopyImageOptions): Promise<Descriptor> {
  const call = options.signal === undefined ? {} : { signal: options.signal };
  const image = platform === undefined ? await from.resolve(name, call) : await resolvePlatform(from, name, { platform, ...call });
  return await pushImage({ ...options, source: from, target: to, mountFrom: mountable(from, to), image, tags });
}

/** Copies every tag. Yields each one as it is done. */
export async function* copyAllTags({
  from,
  to,
  ...options
}: CopyOptions): AsyncGenerator<{ readonly tag: TagName; readonly image: Descriptor }> {
  const call = options.signal === undefined ? {} : { signal: options.signal };
  async function* images() {
    for await (const tag of from.listTags(call)) yield { tag, image: await from.resolve(tag, call) };
  }
  yield* pushAllTags({ ...options, source: from, target: to, mountFrom: mountable(from, to), images: images() });
}

async function resolvePlatform(
  from: Repository,
  name: ManifestName,
  options: { readonly platform: Platform; readonly signal?: AbortSignal },
): Promise<Descriptor> {
  const { platform, ...call } = options;
  const top = await from.readManifest(name, call);
  const { bytes, mediaType, digest } = await choosePlatform(top, platform, async (child) => await from.readManifest(child.digest, call));
  return { mediaType, digest, size: bytes.length };
}

/** Only what one registry holds can be mounted. */
export function mountable(from: Repository, to: Repository) {
  return from.host === to.host && from.name !== to.name ? [from.name] : [];
}
