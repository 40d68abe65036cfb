import type { Engine, ImageName, ImageRecord, Lease } from '@slipway/engine';
import {
  type Descriptor,
  descriptorsOf,
  formatPlatform,
  matchPlatform,
  type Platform,
  parseManifest,
  selectByPlatform,
} from '@slipway/oci';
import { cliError } from '../errors.ts';

export interface StoredImageOptions {
  readonly engine: Engine;
  /** Holds what is found. */
  readonly lease: Lease;
  /** Only the image for this platform. */
  readonly platform: Platform | undefined;
  readonly signal: AbortSignal;
}

export interface StoredImage {
  /** What is to be pushed; all it refers to is here. */
  readonly descriptor: Descriptor;
  /** The index that the name stands for, when other platforms of it are not here. */
  readonly incomplete?: Descriptor;
}

/**
 * The manifest or index that a name stands for, byte by byte as it was pulled; of an index that is only partly here the image alone, and for
 * an image without a manifest a new one, its layers packed. Errors: NOTHING_TO_PUSH for a platform that is not here, those of the engine.
 */
export async function findStoredImage(record: ImageRecord, name: ImageName, options: StoredImageOptions): Promise<StoredImage> {
  const { engine, lease, platform, signal } = options;
  const target = name.target === undefined ? undefined : await openManifest(options, name.target);
  if (target !== undefined && platform === undefined && (await isComplete(options, target))) return { descriptor: target };
  const child = target === undefined || platform === undefined ? undefined : await findChild(options, target, platform);
  if (child !== undefined) return { descriptor: child };
  if (platform !== undefined && !matchPlatform(platform, record.platform)) {
    throw cliError('NOTHING_TO_PUSH', `image was found but does not provide the specified platform (${formatPlatform(platform)})`);
  }
  const descriptor = await engine.pack(record, { signal });
  await lease.holdContent([descriptor.digest]);
  const isPart = target !== undefined && target.digest !== descriptor.digest && platform === undefined;
  return { descriptor, ...(isPart ? { incomplete: target } : {}) };
}

/** The descriptor of a manifest in content; undefined when it is not there. */
async function openManifest({ engine, lease }: StoredImageOptions, digest: Descriptor['digest']): Promise<Descriptor | undefined> {
  await lease.holdContent([digest]);
  if ((await engine.content.stat(digest)) === undefined) return undefined;
  const { bytes, mediaType } = await (await engine.contentSource()).readManifest(digest);
  return { mediaType, digest, size: bytes.length };
}

async function findChild(options: StoredImageOptions, target: Descriptor, platform: Platform): Promise<Descriptor | undefined> {
  const manifest = parseManifest(await options.engine.content.read(target), target.mediaType);
  const child = manifest.kind === 'index' ? selectByPlatform(platform, manifest.manifests) : undefined;
  return child !== undefined && (await isComplete(options, child)) ? child : undefined;
}

/** Whether all that a manifest refers to, near and far, is here; foreign layers need not be. */
async function isComplete(options: StoredImageOptions, descriptor: Descriptor): Promise<boolean> {
  const { engine, lease } = options;
  await lease.holdContent([descriptor.digest]);
  if ((await engine.content.stat(descriptor.digest)) === undefined) return false;
  const manifest = parseManifest(await engine.content.read(descriptor), descriptor.mediaType);
  const children = descriptorsOf(manifest).filter((child) => child.urls === undefined);
  if (manifest.kind === 'index') {
    for (const child of children) if (!(await isComplete(options, child))) return false;
    return true;
  }
  await lease.holdContent(children.map(({ digest }) => digest));
  const found = await Promise.all(children.map(async ({ digest }) => await engine.content.stat(digest)));
  return found.every((stat) => stat !== undefined);
}
