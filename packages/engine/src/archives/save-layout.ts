import { formatReference } from '@slipway/oci';
import type { ImageToSave, ReadableContent } from './archive-ports.ts';
import { createLayout } from './oci-layout.ts';
import { requireContent } from './saved-content.ts';

export interface WriteLayoutOptions {
  readonly content: ReadableContent;
  readonly images: readonly ImageToSave[];
  readonly signal?: AbortSignal;
}

/**
 * Adds images to the OCI layout in a folder, which is made when it is not there. Blobs that are there stay; what was listed stays listed, but for
 * names that the images take. Errors: CONTENT_MISSING, CONTENT_CORRUPT, MANIFEST_INVALID; ARCHIVE_INVALID; the signal's reason.
 */
export async function writeLayout(path: string, { content, images, signal }: WriteLayoutOptions): Promise<void> {
  const layout = await createLayout(path);
  const call = signal === undefined ? {} : { signal };
  for (const { target, names } of images) {
    // What refers to others comes last, so that a layout that is cut off refers to nothing missing.
    for (const descriptor of (await requireContent(content, target)).toReversed()) {
      signal?.throwIfAborted();
      if (!(await layout.has(descriptor))) await layout.write(descriptor, await content.openBlob(descriptor, call), call);
    }
    for (const name of names) await layout.add({ descriptor: target, reference: formatReference(name) });
    if (names.length === 0) await layout.add({ descriptor: target });
  }
}
