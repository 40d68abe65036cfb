import { readDescriptor, readMediaType } from './descriptor.ts';
import type { Digest } from './digest.ts';
import { ociError } from './errors.ts';
import { parseJsonDocument } from './internal/json-document.ts';
import {
  at,
  fieldOf,
  invalidDocument,
  type JsonObject,
  mismatch,
  optionalFieldsOf,
  type Place,
  readList,
  readString,
  readStringMap,
} from './internal/json-fields.ts';
import { omitUndefined } from './internal/omit-undefined.ts';
import { quote } from './internal/quote.ts';
import { descriptorsOf, type ParsedManifest } from './manifest.ts';
import { isArtifactManifestType, isImageManifestType, isIndexType, isSchema1Type, MEDIA_TYPES } from './media-types.ts';

const ROOT: Place = { code: 'MANIFEST_INVALID', path: '' };
/** What says nothing about the document; the last is what `curl --data-binary` sends when it is told no type. */
const GENERIC_TYPES: ReadonlySet<string> = new Set([
  '',
  'application/json',
  'application/octet-stream',
  'text/plain',
  'application/x-www-form-urlencoded',
]);

/** The fields a kind of manifest is known by. Those of another kind make it ambiguous: clients that go by them see another image (CVE-2021-41190). */
const DEFINING_FIELDS = {
  image: ['config', 'layers'],
  index: ['manifests'],
  artifact: ['blobs'],
} as const satisfies Record<ParsedManifest['kind'], readonly string[]>;

const KNOWN_FIELDS: ReadonlyMap<string, string> = new Map(
  'schemaVersion mediaType artifactType config layers manifests blobs subject annotations fsLayers'
    .split(' ')
    .map((name) => [foldName(name), name]),
);

/**
 * Reads a manifest or index as a client sent it. `mediaType` is the Content-Type it came with: it decides what the document is and must
 * agree with the document's own `mediaType`; when it is absent or generic, that field decides, and without it the shape.
 * Unknown fields, unknown types of configs, layers and artifacts, empty lists and nested indexes are fine.
 * Errors: MANIFEST_INVALID (invalid), SCHEMA1_UNSUPPORTED (unsupported).
 */
export function parseManifest(bytes: Uint8Array, mediaType: string | undefined): ParsedManifest {
  const sent = (mediaType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (isSchema1Type(sent)) throw schema1Unsupported();
  const document = parseJsonDocument(bytes, ROOT.code);
  const version = fieldOf(document, 'schemaVersion');
  if (version === 1) throw schema1Unsupported();
  refuseLookalikes(document);
  const decided = decideMediaType(document, sent);
  const kind = kindOf(decided);
  if (version !== 2 && !(kind === 'artifact' && version === undefined)) throw mismatch(version, at(ROOT, 'schemaVersion'), '2');
  refuseOtherKinds(document, kind);
  const manifest = readManifest(document, kind, decided);
  refuseTwoSizes(manifest);
  return manifest;
}

function decideMediaType(document: JsonObject, sent: string): string {
  const own = optionalFieldsOf(document, ROOT)('mediaType', readString) ?? '';
  if (isSchema1Type(own)) throw schema1Unsupported();
  if (GENERIC_TYPES.has(sent)) return own === '' ? inferMediaType(document) : own;
  if (own === '' || own === sent) return sent;
  throw invalidDocument(ROOT.code, `it was sent as ${quote(sent)} but its mediaType is ${quote(own)}`);
}

function inferMediaType(document: JsonObject): string {
  if (hasField(document, 'manifests')) return MEDIA_TYPES.ociIndex;
  if (hasField(document, 'config')) return MEDIA_TYPES.ociManifest;
  throw invalidDocument(ROOT.code, 'it has no media type, and neither "manifests" nor "config" to tell it by');
}

function kindOf(mediaType: string): ParsedManifest['kind'] {
  if (isImageManifestType(mediaType)) return 'image';
  if (isIndexType(mediaType)) return 'index';
  if (isArtifactManifestType(mediaType)) return 'artifact';
  throw invalidDocument(ROOT.code, `the media type ${quote(mediaType)} is no manifest's or index's`);
}

function readManifest(document: JsonObject, kind: ParsedManifest['kind'], mediaType: string): ParsedManifest {
  const optional = optionalFieldsOf(document, ROOT);
  const common = omitUndefined({
    mediaType,
    artifactType: optional('artifactType', readArtifactType),
    subject: optional('subject', readDescriptor),
    annotations: optional('annotations', readStringMap),
  });
  const readDescriptors = (key: string) => readList(fieldOf(document, key), at(ROOT, key), readDescriptor);
  if (kind === 'index') return { kind, ...common, manifests: readDescriptors('manifests') };
  if (kind === 'artifact') return { kind, ...common, blobs: readDescriptors('blobs') };
  const config = readDescriptor(fieldOf(document, 'config'), at(ROOT, 'config'));
  return { kind, ...common, config, layers: readDescriptors('layers') };
}

/** Go writes an empty string for "none". */
function readArtifactType(value: unknown, place: Place): string {
  return value === '' ? '' : readMediaType(value, place);
}

/** Go reads field names without regard to case: `"Layers"` would be layers to its clients, and an unknown field here. */
function refuseLookalikes(document: JsonObject): void {
  for (const name of Object.keys(document)) {
    const known = KNOWN_FIELDS.get(foldName(name));
    if (known !== undefined && known !== name) {
      throw invalidDocument(ROOT.code, `the field ${quote(name)} reads as ${quote(known)} to some clients and as unknown to others`);
    }
  }
}

function refuseOtherKinds(document: JsonObject, kind: ParsedManifest['kind']): void {
  const own: readonly string[] = DEFINING_FIELDS[kind];
  // Not `blobs`: in an image or index it is an unknown field to every client.
  const foreign = ['config', 'layers', 'manifests', 'fsLayers'].find((name) => !own.includes(name) && hasField(document, name));
  if (foreign !== undefined) {
    throw invalidDocument(ROOT.code, `it is ambiguous: its media type says ${kind}, and yet it has "${foreign}"`);
  }
}

/** A digest stands for one size; a second one would go unverified. */
function refuseTwoSizes(manifest: ParsedManifest): void {
  const sizes = new Map<Digest, number>();
  for (const { digest, size } of descriptorsOf(manifest)) {
    const other = sizes.get(digest);
    if (other !== undefined && other !== size) throw invalidDocument(ROOT.code, `it gives ${digest} two sizes, ${other} and ${size}`);
    sizes.set(digest, size);
  }
}

function hasField(document: JsonObject, name: string): boolean {
  return fieldOf(document, name) !== undefined;
}

/** Case folding as Go's: the long s and the Kelvin sign are letters too. */
function foldName(name: string): string {
  return name.toUpperCase().toLowerCase();
}

function schema1Unsupported(): Error {
  return ociError(
    'SCHEMA1_UNSUPPORTED',
    `Cannot accept manifest: it is of Docker's schema 1, which clients stopped using with docker 1.10; push the image again with a current client`,
  );
}
