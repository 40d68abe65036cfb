import { type Descriptor, type Digest, parseManifest, type Reference } from '@slipway/oci';
import type { ImageRecord } from '../images/image-record.ts';
import type { ImageToSave, ReadableContent } from './archive-ports.ts';
import { collectContent } from './saved-content.ts';

export interface ImagesToSaveOptions {
  readonly record: ImageRecord;
  /** The names to save it under, with tags: they may be its own, or one of them, or none. */
  readonly names: readonly Reference[];
  readonly content: ReadableContent;
  /** A complete manifest of the image, packed if need be: `Engine.pack`. */
  readonly pack: (record: ImageRecord) => Promise<Descriptor>;
}

/**
 * Finds for each name of an image what it stands for: the index it was pulled as, when that is there with all its platforms, or a manifest. A part of
 * an index is not saved: many readers take none that is incomplete. Errors: those of `pack` and of the content store.
 */
export async function findImagesToSave(options: ImagesToSaveOptions): Promise<ImageToSave[]> {
  const { record, names, content, pack } = options;
  const targets = new Map<Digest, Promise<ImageToSave | undefined>>();
  const images: ImageToSave[] = [];
  const nameless: Reference[] = [];
  for (const name of names) {
    const digest = targetOf(record, name);
    if (digest !== undefined && !targets.has(digest)) targets.set(digest, findComplete(content, record, digest));
    const image = digest === undefined ? undefined : await targets.get(digest);
    if (image === undefined) nameless.push(name);
    else images.push({ ...image, names: [name] });
  }
  if (nameless.length === 0 && names.length > 0) return images;
  const manifest = await pack(record);
  return [...images, { target: manifest, manifest, names: nameless }];
}

function targetOf(record: ImageRecord, { registry, repository, tag }: Reference): Digest | undefined {
  return record.names.find((name) => name.repository === `${registry}/${repository}` && name.tag === tag)?.target;
}

async function findComplete(content: ReadableContent, record: ImageRecord, digest: Digest): Promise<ImageToSave | undefined> {
  const blob = await content.stat(digest);
  if (blob === undefined) return undefined;
  const { mediaType } = parseManifest(await content.read({ digest, size: blob.sizeBytes }), undefined);
  const target = { mediaType, digest, size: blob.sizeBytes };
  const { descriptors, missing } = await collectContent(content, target);
  const manifest = record.manifests.find((known) => descriptors.some((found) => found.digest === known.digest));
  return missing.length > 0 || manifest === undefined ? undefined : { target, manifest, names: [] };
}
