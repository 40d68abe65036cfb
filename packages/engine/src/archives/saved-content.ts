import {
  type Descriptor,
  type Digest,
  descriptorsOf,
  type ImageManifest,
  isImageManifestType,
  isIndexType,
  parseManifest,
} from '@slipway/oci';
import { engineError } from '../errors.ts';
import type { ReadableContent } from './archive-ports.ts';

/** All that an image consists of, as far as it is there. */
export interface SavedContent {
  /** Each digest once, what refers to others first. */
  readonly descriptors: readonly Descriptor[];
  readonly missing: readonly Descriptor[];
}

/** Finds what a manifest or index needs, itself first. Errors: MANIFEST_INVALID; those of the content store. */
export async function collectContent(content: ReadableContent, target: Descriptor): Promise<SavedContent> {
  const found = new Map<Digest, Descriptor>();
  const missing: Descriptor[] = [];
  const waiting = [target];
  for (let descriptor = waiting.shift(); descriptor !== undefined; descriptor = waiting.shift()) {
    if (found.has(descriptor.digest)) continue;
    const blob = await content.stat(descriptor.digest);
    if (blob === undefined) {
      missing.push(descriptor);
      continue;
    }
    found.set(descriptor.digest, { mediaType: descriptor.mediaType, digest: descriptor.digest, size: blob.sizeBytes });
    if (isIndexType(descriptor.mediaType) || isImageManifestType(descriptor.mediaType)) {
      waiting.push(...descriptorsOf(parseManifest(await content.read(descriptor), descriptor.mediaType)));
    }
  }
  return { descriptors: [...found.values()], missing };
}

/** As `collectContent`, when all has to be there. Errors: CONTENT_MISSING. */
export async function requireContent(content: ReadableContent, target: Descriptor): Promise<readonly Descriptor[]> {
  const { descriptors, missing } = await collectContent(content, target);
  if (missing[0] === undefined) return descriptors;
  throw engineError('CONTENT_MISSING', `Cannot save the image: content ${missing[0].digest} is missing`);
}

/** Errors: MANIFEST_INVALID; CONTENT_MISSING. */
export async function readImageManifest(content: ReadableContent, descriptor: Descriptor): Promise<ImageManifest> {
  const manifest = parseManifest(await content.read(descriptor), descriptor.mediaType);
  if (manifest.kind === 'image') return manifest;
  throw new TypeError(`${descriptor.digest} is no manifest of an image`);
}
