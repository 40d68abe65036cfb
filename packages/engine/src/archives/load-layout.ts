import { type Descriptor, type Digest, descriptorsOf, isImageManifestType, isIndexType, MEDIA_TYPES, parseManifest } from '@slipway/oci';
import { pathOfDigest } from './archive-entries.ts';
import type { ArchiveIntake } from './archive-intake.ts';
import { findEntry } from './layout-index.ts';
import { type LoadEvent, type LoadOptions, loadInto } from './load-archive.ts';
import { type OciLayout, openLayout } from './oci-layout.ts';
import { json } from './saved-documents.ts';

export interface LoadLayoutOptions extends LoadOptions {
  /** Which image, as `OciLayout.resolve` has it; all when absent. */
  readonly reference?: string;
}

/** Loads the images of an OCI layout in a folder; otherwise as `loadArchive`. Errors: also ARCHIVE_IMAGE_UNKNOWN. */
export async function* loadLayout(path: string, options: LoadLayoutOptions): AsyncGenerator<LoadEvent, void, void> {
  const layout = await openLayout(path);
  const listed = (await layout.list()).map(({ descriptor }) => descriptor);
  const wanted = options.reference === undefined ? listed : [findEntry(listed, options.reference)];
  yield* loadInto(options, async (intake) => await takeLayout(layout, wanted, intake));
}

/** Takes what the images consist of, as if it were an archive. What is missing shows later. */
async function takeLayout(layout: OciLayout, wanted: readonly Descriptor[], intake: ArchiveIntake): Promise<void> {
  const index = json({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: wanted });
  await intake.takeFile({ path: 'index.json', sizeBytes: index.length, content: () => chunks([index]) });
  const seen = new Set<Digest>();
  const waiting = [...wanted];
  for (let blob = waiting.shift(); blob !== undefined; blob = waiting.shift()) {
    if (seen.has(blob.digest) || !(await layout.has(blob))) continue;
    seen.add(blob.digest);
    waiting.push(...(await childrenOf(layout, blob)));
    await intake.takeFile({ path: pathOfDigest(blob.digest), sizeBytes: blob.size, content: bytesOf(layout, blob) });
  }
}

async function childrenOf(layout: OciLayout, { digest, mediaType }: Descriptor): Promise<readonly Descriptor[]> {
  if (!isIndexType(mediaType) && !isImageManifestType(mediaType)) return [];
  return descriptorsOf(parseManifest((await layout.readManifest(digest)).bytes, mediaType));
}

function bytesOf(layout: OciLayout, blob: Descriptor): () => AsyncGenerator<Uint8Array, void, void> {
  return async function* read() {
    yield* (await layout.openBlob(blob)) as AsyncIterable<Uint8Array>;
  };
}

async function* chunks(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, void> {
  yield* pieces;
}
