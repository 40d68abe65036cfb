import type { Descriptor, TagName } from '@slipway/oci';
import { ImagePush, type PushOptions } from './image-push.ts';

export interface PushImageOptions extends PushOptions {
  readonly image: Descriptor;
  /** Without tags the image is pushed by its digest alone. */
  readonly tags: readonly TagName[];
}

/**
 * Pushes an image or index with all its children, exact bytes and digests: what is there is not sent, what another repository has is mounted,
 * the rest travels bounded; manifests follow what they refer to, the tags come last. Foreign layers stay where their URLs are, as in docker.
 * Resolves to what a registry lists: digest and size of the image. Rejects when all work has ended.
 * Errors: DENIED, MANIFEST_UNKNOWN, BLOB_UNKNOWN, REQUEST_REFUSED, those of the source and of the network.
 */
export async function pushImage({ image, tags, ...options }: PushImageOptions): Promise<Descriptor> {
  return await new ImagePush(options).push(image, tags);
}

export interface PushAllTagsOptions extends PushOptions {
  readonly images:
    | Iterable<{ readonly tag: TagName; readonly image: Descriptor }>
    | AsyncIterable<{ readonly tag: TagName; readonly image: Descriptor }>;
}

/** Pushes one image after the other, what they have in common once. Yields each tag as it is done. */
export async function* pushAllTags({ images, ...options }: PushAllTagsOptions): AsyncGenerator<{
  readonly tag: TagName;
  readonly image: Descriptor;
}> {
  const push = new ImagePush(options);
  for await (const { tag, image } of images) yield { tag, image: await push.push(image, [tag]) };
}
