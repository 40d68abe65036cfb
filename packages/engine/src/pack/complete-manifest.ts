import { type Descriptor, descriptorsOf, isForeignLayerType, parseManifest } from '@slipway/oci';
import type { ContentStore } from '../content/content-store.ts';
import type { ImageRecord } from '../images/image-record.ts';
import type { Lease } from '../leases/lease.ts';
import { FAMILY_TYPES, type MediaTypeFamily } from './layer-media-types.ts';

export interface FindManifestOptions {
  readonly content: Pick<ContentStore, 'stat' | 'read'>;
  /** Holds what is found. */
  readonly lease: Lease;
  /** Any when absent. */
  readonly family: MediaTypeFamily | undefined;
}

/** The first manifest of an image that is there with all it needs; foreign layers need not be. */
export async function findCompleteManifest(record: ImageRecord, options: FindManifestOptions): Promise<Descriptor | undefined> {
  const { family } = options;
  const manifests = record.manifests.filter(({ mediaType }) => family === undefined || mediaType === FAMILY_TYPES[family].manifest);
  for (const manifest of manifests) if (await isComplete(manifest, options)) return manifest;
  return undefined;
}

async function isComplete(manifest: Descriptor, options: FindManifestOptions): Promise<boolean> {
  if (!(await isThere(manifest, options))) return false;
  const parsed = parseManifest(await options.content.read(manifest), manifest.mediaType);
  for (const descriptor of descriptorsOf(parsed)) {
    if (isForeignLayerType(descriptor.mediaType) && (descriptor.urls?.length ?? 0) > 0) continue;
    if (!(await isThere(descriptor, options))) return false;
  }
  return true;
}

/** Held first, then looked at: so it stays. */
export async function isThere(descriptor: Descriptor, { content, lease }: Omit<FindManifestOptions, 'family'>): Promise<boolean> {
  await lease.holdContent([descriptor.digest]);
  return (await content.stat(descriptor.digest))?.sizeBytes === descriptor.size;
}
