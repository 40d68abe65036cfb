import { availableParallelism } from 'node:os';
import { type AppError, isAppError } from '@slipway/base';
import type { Descriptor, Digest, Platform, Reference } from '@slipway/oci';
import { CompressPool, findIgzip, readTar } from '@slipway/oci/node';
import type { Lease } from '../leases/lease.ts';
import { ArchiveEntries, invalidArchive } from './archive-entries.ts';
import { ArchiveIntake } from './archive-intake.ts';
import { shortName } from './archive-names.ts';
import type { KnownImages, LoadReceiver, WritableContent } from './archive-ports.ts';
import { ArchivedContent } from './archived-content.ts';
import { openArchive } from './open-archive.ts';
import { planLoad } from './plan-load.ts';
import type { PlannedImage } from './planned-image.ts';

export interface LoadOptions {
  readonly content: WritableContent;
  readonly images: KnownImages;
  /** Opens a receiver with the same lease and no platform of its own, for all images. */
  readonly receive: () => Promise<LoadReceiver>;
  /** Holds all that is read until images need it. */
  readonly lease: Lease;
  /** Which image of several a name stands for. */
  readonly platform: Platform;
  /** Folders like `PATH`, where igzip, xz and bzip2 may be. */
  readonly searchPath: string;
  readonly onProgress?: (event: LoadProgress) => void;
  readonly signal?: AbortSignal;
}

export interface LoadProgress {
  readonly kind: 'load-progress';
  /** Of the archive as it is read. */
  readonly doneBytes: number;
}

export type LoadEvent =
  /** The name is another image's, which loses it now. */
  | { readonly kind: 'renamed'; readonly name: Reference; readonly oldId: Digest }
  /** Once for each name; without `name` for an image that has none. */
  | { readonly kind: 'loaded'; readonly id: Digest; readonly name?: Reference };

/** Entries that an archive may have: each is remembered while it is read. */
const MAX_ENTRIES = 100_000;

/**
 * Loads the images of an archive as docker, podman, skopeo and BuildKit write them: docker's of any age, or an OCI layout, or both in one; plain
 * or compressed. It is read once, in whatever order its entries come; its chunks are kept, not copied. Images appear only after all of it was read and found whole.
 * Errors: ARCHIVE_INVALID, ARCHIVE_INCOMPLETE, ARCHIVE_UNSUPPORTED, ARCHIVE_TOO_LARGE; MANIFEST_INVALID, IMAGE_CONFIG_INVALID; those of content,
 * receiver and source; the signal's reason.
 */
export async function* loadArchive(source: AsyncIterable<Uint8Array>, options: LoadOptions): AsyncGenerator<LoadEvent, void, void> {
  yield* loadInto(options, async (intake) => {
    try {
      await takeTar(counted(source, options), options, intake);
    } catch (error) {
      throw asArchiveError(error);
    }
  });
}

/** Loads what `fill` puts in. */
export async function* loadInto(
  options: LoadOptions,
  fill: (intake: ArchiveIntake) => Promise<void>,
): AsyncGenerator<LoadEvent, void, void> {
  const { content, images, lease, signal } = options;
  const entries = new ArchiveEntries();
  const igzip = await findIgzip(options.searchPath);
  await using receiver = await options.receive();
  {
    await using pool = new CompressPool(availableParallelism());
    const onPacked = (layer: Descriptor) => receiver.expectLayer(layer);
    await fill(new ArchiveIntake(entries, { content, images, lease, igzip, pool, onPacked, signal }));
  }
  const archive = new ArchivedContent({ entries, content, lease, igzip, signal });
  for (const image of await planLoad(archive, options.platform)) {
    signal?.throwIfAborted();
    for (const descriptor of image.content) await archive.restore(descriptor);
    yield* loadImage(image, receiver, options);
  }
}

async function takeTar(source: AsyncIterable<Uint8Array>, options: LoadOptions, intake: ArchiveIntake): Promise<void> {
  const { searchPath, signal } = options;
  const tar = openArchive(source, { searchPath, signal });
  for await (const entry of readTar(tar, { entries: MAX_ENTRIES, ...(signal === undefined ? {} : { signal }) })) {
    await intake.takeEntry(entry);
  }
}

async function* counted(source: AsyncIterable<Uint8Array>, options: LoadOptions): AsyncGenerator<Uint8Array, void, void> {
  let doneBytes = 0;
  for await (const chunk of source) {
    doneBytes += chunk.length;
    options.onProgress?.({ kind: 'load-progress', doneBytes });
    yield chunk;
  }
}

async function* loadImage(image: PlannedImage, receiver: LoadReceiver, options: LoadOptions): AsyncGenerator<LoadEvent, void, void> {
  const { manifest, target, config, layers, names, digests } = image;
  for (const name of names) {
    const old = options.images.find(shortName(name));
    if (old !== undefined && old.id !== config.digest) yield { kind: 'renamed', name, oldId: old.id };
  }
  // A receiver knows the content that it was asked for.
  for (const descriptor of [config, ...layers, manifest, ...(target === undefined ? [] : [target])]) await receiver.has(descriptor);
  const { id } = await receiver.finish({ manifest, names, digests, ...(target === undefined ? {} : { target }) });
  if (names.length === 0) yield { kind: 'loaded', id };
  for (const name of names) yield { kind: 'loaded', id, name };
}

/** What is wrong with a tar, said of the archive. */
function asArchiveError(error: unknown): unknown {
  if (!isAppError(error)) return error;
  if (error.code === 'TAR_INVALID') return invalidTar('invalid tar header', error);
  if (error.code === 'TAR_TRUNCATED') return invalidTar('unexpected end of the archive', error);
  return error;
}

function invalidTar(why: string, cause: AppError): Error {
  return invalidArchive(`${why} (${cause.message.replace('Cannot read the tar: ', '')})`, cause);
}

/** Docker's words for an event. */
export function describeLoadEvent(event: LoadEvent): string {
  if (event.kind === 'renamed') {
    return `The image ${shortName(event.name)} already exists, renaming the old one with ID ${event.oldId} to empty string`;
  }
  return event.name === undefined ? `Loaded image ID: ${event.id}` : `Loaded image: ${shortName(event.name)}`;
}
