import { type Descriptor, formatReference, type IndexManifest, isDigest, MEDIA_TYPES, parseManifest } from '@slipway/oci';
import { engineError } from '../errors.ts';
import { invalidArchive } from './archive-entries.ts';
import { nameOfAnnotations, REFERENCE_NAME, readName } from './archive-names.ts';
import { fieldsOf, parseJson } from './docker-manifest.ts';

export const EMPTY_INDEX = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: [] }));

/** Errors: ARCHIVE_INVALID, MANIFEST_INVALID. */
export function parseLayoutIndex(bytes: Buffer): IndexManifest {
  const index = parseManifest(bytes, undefined);
  if (index.kind === 'index') return index;
  throw invalidArchive('its index.json is no index');
}

/** The entry that a reference stands for; see `OciLayout.resolve`. Errors: ARCHIVE_IMAGE_UNKNOWN. */
export function findEntry(entries: readonly Descriptor[], reference: string | undefined): Descriptor {
  const found = reference === undefined ? entries : entries.filter((entry) => standsFor(entry, reference));
  const [first] = found;
  if (first === undefined) throw unknown(reference, 'the layout has none');
  if (found.some(({ digest }) => digest !== first.digest)) throw unknown(reference, 'the layout has several');
  return first;
}

/** The document with one more image, which takes the reference from another. What others wrote there stays. Errors: ARCHIVE_INVALID. */
export function addEntry(bytes: Buffer, image: Descriptor, reference: string | undefined): Buffer {
  parseLayoutIndex(bytes);
  const document = fieldsOf(parseJson(bytes, 'index.json'));
  const manifests = Array.isArray(document['manifests']) ? document['manifests'].map(fieldsOf) : [];
  const others = manifests.filter((entry) => (reference === undefined ? !isUnnamed(entry, image) : referenceOf(entry) !== reference));
  return Buffer.from(JSON.stringify({ ...document, manifests: [...others, entryOf(image, reference)] }));
}

function entryOf({ mediaType, digest, size, platform }: Descriptor, reference: string | undefined): object {
  const entry = { mediaType, digest, size, ...(platform === undefined ? {} : { platform }) };
  return reference === undefined ? entry : { ...entry, annotations: { [REFERENCE_NAME]: reference } };
}

function standsFor(entry: Descriptor, reference: string): boolean {
  if (isDigest(reference)) return entry.digest === reference;
  if (entry.annotations?.[REFERENCE_NAME] === reference) return true;
  const name = nameOfAnnotations(entry.annotations);
  const wanted = readName(reference);
  return name !== undefined && wanted !== undefined && formatReference(name) === formatReference(wanted);
}

function isUnnamed(entry: Readonly<Record<string, unknown>>, image: Descriptor): boolean {
  return entry['digest'] === image.digest && referenceOf(entry) === undefined;
}

function referenceOf(entry: Readonly<Record<string, unknown>>): unknown {
  const { annotations } = entry;
  return annotations === undefined || annotations === null ? undefined : fieldsOf(annotations)[REFERENCE_NAME];
}

function unknown(reference: string | undefined, why: string): Error {
  const what = reference === undefined ? 'an image' : `image ${JSON.stringify(reference)}`;
  return engineError('ARCHIVE_IMAGE_UNKNOWN', `Cannot find ${what}: ${why}`);
}
