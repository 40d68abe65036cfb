import { pushImage, type RegistryClient } from '@slipway/client';
import type { Engine, ImageName, ImageRecord } from '@slipway/engine';
import { type Descriptor, type Platform, parseReference, parseTagName, type Reference } from '@slipway/oci';
import type { TransferView } from '../output/progress/transfer-view.ts';
import { wholeName } from './image-name.ts';
import { mountSourcesFor } from './mount-sources.ts';
import { PushProgress } from './push-progress.ts';
import { asPushError } from './refusals.ts';
import { findStoredImage } from './stored-image.ts';

export interface PushOptions {
  readonly engine: Engine;
  readonly client: RegistryClient;
  readonly view: TransferView;
  readonly platform: Platform | undefined;
  readonly signal: AbortSignal;
}

export interface NamedImage {
  readonly record: ImageRecord;
  readonly name: ImageName;
}

export interface PushedImage {
  readonly descriptor: Descriptor;
  /** The index that the name stands for, when only this part of it is here. */
  readonly incomplete?: Descriptor;
}

/** The images that have names in a repository, by tag. */
export function imagesNamed(reference: Reference, { images }: Pick<Engine, 'images'>): readonly NamedImage[] {
  const repository = wholeName(reference);
  return images
    .list()
    .flatMap((record) => record.names.filter((name) => name.repository === repository).map((name) => ({ record, name })))
    .toSorted((one, other) => (one.name.tag < other.name.tag ? -1 : 1));
}

/**
 * Pushes what one name stands for, says so as docker does, and remembers the digest. Errors: ACCESS_DENIED, NOTHING_TO_PUSH, those of the network
 * and the engine.
 */
export async function pushNamedImage(reference: Reference, image: NamedImage, options: PushOptions): Promise<PushedImage> {
  const { engine, client, view, signal } = options;
  const { record, name } = image;
  const target = client.repository(reference);
  await using lease = await engine.leases.open(`push ${name.repository}:${name.tag}`);
  const { descriptor, incomplete } = await findStoredImage(record, name, { ...options, lease });
  const progress = new PushProgress(view, record);
  const mountFrom = mountSourcesFor(record, { images: engine.images, client, target });
  const source = await engine.contentSource();
  const { onEvent: onProgress } = progress;
  try {
    const tags = [parseTagName(name.tag)];
    const pushed = await pushImage({ source, target, image: descriptor, tags, mountFrom, onProgress, signal });
    progress.finish();
    view.say(`${name.tag}: digest: ${pushed.digest} size: ${pushed.size}`);
    await remember(image, pushed, options);
    return { descriptor: pushed, ...(incomplete === undefined ? {} : { incomplete }) };
  } catch (error) {
    throw asPushError(error, reference);
  }
}

/** The name goes on to stand for the index it was pulled as, and for the manifest that was made for this push. */
async function remember({ record, name }: NamedImage, pushed: Descriptor, { engine }: PushOptions): Promise<void> {
  const { repository, tag } = name;
  await engine.images.addDigest(record.id, { repository, digest: pushed.digest });
  if (name.target !== undefined) return;
  const now = engine.images.get(record.id)?.names.find((other) => other.repository === repository && other.tag === tag);
  // Another command may have given the name to another image meanwhile.
  if (now !== undefined && now.target === undefined)
    await engine.images.tag(record.id, parseReference(`${repository}:${tag}`), pushed.digest);
}
