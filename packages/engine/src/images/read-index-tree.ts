import { type Descriptor, type Digest, isImageManifestType, isIndexType } from '@slipway/oci';
import type { ContentStore } from '../content/content-store.ts';
import type { Lease } from '../leases/lease.ts';
import { type KnownManifest, readManifest } from './add-image.ts';

/**
 * Reads an index and those manifests and indexes below it that are there, as after a load of several platforms: an image needs all of them as long as its
 * name stands for the index. The lease holds them. Errors: CONTENT_MISSING of the index itself, CONTENT_CORRUPT, MANIFEST_INVALID.
 */
export async function readIndexTree(content: ContentStore, index: Descriptor, lease: Lease): Promise<readonly KnownManifest[]> {
  const root = await readManifest(content, index);
  const tree = [root];
  const seen = new Set<Digest>([index.digest]);
  // Grows while it is walked.
  for (const { manifest } of tree) {
    if (manifest.kind !== 'index') continue;
    const children = manifest.manifests.filter((child) => isManifest(child) && !seen.has(child.digest));
    await lease.holdContent(children.map(({ digest }) => digest));
    for (const child of children) {
      if (seen.has(child.digest)) continue;
      seen.add(child.digest);
      if ((await content.stat(child.digest))?.sizeBytes === child.size) tree.push(await readManifest(content, child));
    }
  }
  return tree;
}

function isManifest({ mediaType }: Descriptor): boolean {
  return isIndexType(mediaType) || isImageManifestType(mediaType);
}
