import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { KeyedLock } from '@slipway/base';
import { writeDurably } from '@slipway/base/node';
import { algorithmOf, type Descriptor, type Digest, parseManifest } from '@slipway/oci';
import { digestBytes } from '@slipway/oci/node';
import { engineError } from '../errors.ts';
import { invalidArchive } from './archive-entries.ts';
import { REFERENCE_NAME } from './archive-names.ts';
import { LayoutFiles } from './layout-files.ts';
import { addEntry, EMPTY_INDEX, findEntry, parseLayoutIndex } from './layout-index.ts';
import { LAYOUT_DOCUMENT } from './saved-documents.ts';

type Blob = Pick<Descriptor, 'digest' | 'size'>;

interface SignalOptions {
  readonly signal?: AbortSignal;
}

/*
 * <folder>/
 *   oci-layout           {"imageLayoutVersion": "1.0.0"}
 *   index.json           which images there are, and their references
 *   blobs/sha256/<hex>   manifests, configs and layers
 *   .incoming-*          a blob being written
 */

/** What index.json lists. */
export interface LayoutImage {
  readonly descriptor: Descriptor;
  /** `org.opencontainers.image.ref.name`: a tag, or whatever its writer pleased. */
  readonly reference?: string;
}

/** A layout to read: `ContentSource` of packages/client. */
export interface OciLayout {
  readonly path: string;
  /** In the order of index.json. Errors: ARCHIVE_INVALID, MANIFEST_INVALID. */
  list(): Promise<readonly LayoutImage[]>;
  /** By its reference, by the whole name of an image, by digest; without a reference the only image there is. Errors: ARCHIVE_IMAGE_UNKNOWN, ARCHIVE_INVALID. */
  resolve(reference?: string): Promise<Descriptor>;
  has(descriptor: Blob): Promise<boolean>;
  /** Verified. Errors: CONTENT_MISSING, CONTENT_CORRUPT, CONTENT_TOO_LARGE. */
  readManifest(digest: Digest, options?: SignalOptions): Promise<LayoutManifest>;
  /** The size is checked, the bytes are left to the receiver. The caller owns the stream. Errors: CONTENT_MISSING, CONTENT_CORRUPT. */
  openBlob(descriptor: Blob, options?: SignalOptions & { readonly offset?: number }): Promise<Readable>;
}

/** A layout to add to: `ContentSink` of packages/client. One process at a time may write to a folder. */
export interface OciLayoutWriter {
  readonly path: string;
  has(descriptor: Blob): Promise<boolean>;
  /** Durable when it resolves; nothing stays of what fails. Errors: ARCHIVE_BLOB_MISMATCH. */
  write(descriptor: Blob, content: Readable, options?: SignalOptions): Promise<void>;
  /** Lists an image in index.json by one atomic step. It takes the reference from the image that had it. */
  add(image: LayoutImage): Promise<void>;
}

export interface LayoutManifest {
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly digest: Digest;
}

const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;
const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
const locks = new KeyedLock();

/** Errors: ARCHIVE_INVALID, for a folder that is no layout. */
export async function openLayout(path: string): Promise<OciLayout> {
  const files = new LayoutFiles(path);
  if ((await files.readDocument('oci-layout', MAX_DOCUMENT_BYTES)) === undefined) throw noLayout(path, 'oci-layout');
  await readIndex(path, files);
  return {
    path,
    async list() {
      return parseLayoutIndex(await readIndex(path, files)).manifests.map(layoutImageOf);
    },
    async resolve(reference) {
      const { mediaType, digest, size } = findEntry(parseLayoutIndex(await readIndex(path, files)).manifests, reference);
      return { mediaType, digest, size };
    },
    has: async (descriptor) => await hasBlob(files, descriptor),
    readManifest: async (digest) => await readManifest(files, digest),
    openBlob: async (descriptor, options) => await files.openBlob(descriptor, options),
  };
}

/** Makes the folder and what of a layout is missing in it. */
export async function createLayout(path: string): Promise<OciLayoutWriter> {
  const files = new LayoutFiles(path);
  await mkdir(join(path, 'blobs/sha256'), { recursive: true });
  for (const [name, bytes] of [['oci-layout', LAYOUT_DOCUMENT] as const, ['index.json', EMPTY_INDEX] as const]) {
    if ((await files.readDocument(name, MAX_DOCUMENT_BYTES)) === undefined) await writeDurably(join(path, name), bytes);
  }
  return {
    path,
    has: async (descriptor) => await hasBlob(files, descriptor),
    write: async (descriptor, content, options) => await files.writeBlob(descriptor, content, options),
    async add({ descriptor, reference }) {
      await locks.run(path, async () => {
        await writeDurably(join(path, 'index.json'), addEntry(await readIndex(path, files), descriptor, reference));
      });
    },
  };
}

async function hasBlob(files: LayoutFiles, { digest, size }: Blob): Promise<boolean> {
  return (await files.statBlob(digest))?.sizeBytes === size;
}

async function readManifest(files: LayoutFiles, digest: Digest): Promise<LayoutManifest> {
  const size = (await files.statBlob(digest))?.sizeBytes ?? 0;
  if (size > MAX_MANIFEST_BYTES) throw engineError('CONTENT_TOO_LARGE', `Cannot read manifest ${digest}: it has ${size} bytes`);
  const stream = await files.openBlob({ digest, size });
  const bytes = Buffer.concat(await stream.toArray());
  if (digestBytes(bytes, algorithmOf(digest)) !== digest) {
    throw engineError('CONTENT_CORRUPT', `Cannot read manifest ${digest}: its content has another digest`);
  }
  return { bytes, mediaType: parseManifest(bytes, undefined).mediaType, digest };
}

async function readIndex(path: string, files: LayoutFiles): Promise<Buffer> {
  const bytes = await files.readDocument('index.json', MAX_DOCUMENT_BYTES);
  if (bytes === undefined) throw noLayout(path, 'index.json');
  return bytes;
}

function layoutImageOf(descriptor: Descriptor): LayoutImage {
  const reference = descriptor.annotations?.[REFERENCE_NAME];
  return { descriptor, ...(reference === undefined ? {} : { reference }) };
}

function noLayout(path: string, missing: string): Error {
  return invalidArchive(`${JSON.stringify(path)} is no OCI layout: it has no ${missing}`);
}
