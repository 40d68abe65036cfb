import {
  type Descriptor,
  type Digest,
  type ImageConfig,
  type ImageManifest,
  type ParsedManifest,
  parseManifest,
  referencesOf,
} from '@slipway/oci';
import type { ContentStore } from '../content/content-store.ts';
import { engineError } from '../errors.ts';
import type { StateTransaction } from '../state/state-database.ts';
import { nameFrom } from './image-names.ts';
import type { ImageLayer } from './image-record.ts';
import type { AddImageOptions } from './image-store.ts';

/** A manifest or index with its bytes read. */
export interface KnownManifest {
  readonly descriptor: Descriptor;
  readonly manifest: ParsedManifest;
}

/** All that goes into the state for an image, read and checked before the transaction. */
export interface ImageToAdd extends Pick<AddImageOptions, 'names' | 'digests' | 'layerSizes'> {
  readonly id: Digest;
  readonly configSize: number;
  readonly config: ImageConfig;
  readonly layers: readonly ImageLayer[];
  readonly manifests: readonly KnownManifest[];
  /** The index that the manifest was chosen from, if any, then all below it that is there. */
  readonly indexTree: readonly KnownManifest[];
}

export async function readManifest(content: ContentStore, descriptor: Descriptor): Promise<KnownManifest> {
  return { descriptor, manifest: parseManifest(await content.read(descriptor), descriptor.mediaType) };
}

/** Errors: IMAGE_INVALID unless this is a manifest of that image. */
export function requireManifestOf(id: Digest, layerCount: number, { descriptor, manifest }: KnownManifest): ImageManifest {
  const doing = `Cannot add manifest ${descriptor.digest} to image ${id}`;
  if (manifest.kind !== 'image') throw engineError('IMAGE_INVALID', `${doing}: it is of kind "${manifest.kind}"`);
  if (manifest.config.digest !== id) throw engineError('IMAGE_INVALID', `${doing}: its config is ${manifest.config.digest}`);
  if (manifest.layers.length !== layerCount) {
    throw engineError('IMAGE_INVALID', `${doing}: it has ${manifest.layers.length} layers, and the config ${layerCount}`);
  }
  return manifest;
}

export function insertImage(tx: StateTransaction, image: ImageToAdd): void {
  const { id, config, layers } = image;
  tx.run(
    `INSERT INTO image (id, config_size, created_at, os, architecture, variant, os_version, size_bytes) VALUES (?, ?, ?, ?, ?, ?, ?, 0)
     ON CONFLICT (id) DO NOTHING`,
    id,
    image.configSize,
    config.created ?? null,
    config.os,
    config.architecture,
    config.variant ?? null,
    config['os.version'] ?? null,
  );
  for (const [position, { diffId, chainId }] of layers.entries()) {
    tx.run('INSERT OR IGNORE INTO image_layer (image_id, position, diff_id, chain_id) VALUES (?, ?, ?, ?)', id, position, diffId, chainId);
    const sizeBytes = image.layerSizes.get(diffId);
    if (sizeBytes !== undefined) tx.run('INSERT OR REPLACE INTO layer_size (diff_id, size_bytes) VALUES (?, ?)', diffId, sizeBytes);
  }
  for (const manifest of image.manifests) insertManifest(tx, { id, layers }, manifest);
  for (const manifest of image.indexTree) insertReferences(tx, manifest);
  updateSize(tx, id);
  const target = image.indexTree[0]?.descriptor.digest ?? image.manifests[0]?.descriptor.digest;
  for (const reference of image.names) setName(tx, { ...nameFrom(reference), id, target });
  for (const digest of image.digests) setDigest(tx, { ...digest, id });
}

/** Records an exact manifest of an image and, as its layers are in the order of the config's, which forms of the layers it names. */
export function insertManifest(
  tx: StateTransaction,
  image: { readonly id: Digest; readonly layers: readonly ImageLayer[] },
  known: KnownManifest,
): void {
  const { descriptor } = known;
  const manifest = requireManifestOf(image.id, image.layers.length, known);
  tx.run(
    `INSERT OR IGNORE INTO image_manifest (manifest_digest, image_id, media_type, size_bytes, position)
     VALUES (?, ?, ?, ?, (SELECT COALESCE(MAX(position) + 1, 0) FROM image_manifest WHERE image_id = ?))`,
    descriptor.digest,
    image.id,
    descriptor.mediaType,
    descriptor.size,
    image.id,
  );
  insertReferences(tx, known);
  for (const [position, { diffId }] of image.layers.entries()) {
    const layer = manifest.layers[position];
    if (layer !== undefined) insertLayerBlob(tx, diffId, layer);
  }
}

export function insertLayerBlob(tx: StateTransaction, diffId: Digest, { digest, mediaType, size }: Descriptor): void {
  tx.run(
    'INSERT OR REPLACE INTO layer_blob (diff_id, digest, media_type, size_bytes) VALUES (?, ?, ?, ?)',
    diffId,
    digest,
    mediaType,
    size,
  );
}

export interface NameToSet {
  readonly repository: string;
  readonly tag: string;
  readonly id: Digest;
  readonly target: Digest | undefined;
}

export function setName(tx: StateTransaction, { repository, tag, id, target }: NameToSet): void {
  tx.run('INSERT OR REPLACE INTO image_name (repository, tag, image_id, target) VALUES (?, ?, ?, ?)', repository, tag, id, target ?? null);
}

export function setDigest(tx: StateTransaction, { repository, digest, id }: { repository: string; digest: Digest; id: Digest }): void {
  tx.run('INSERT OR REPLACE INTO image_digest (repository, digest, image_id) VALUES (?, ?, ?)', repository, digest, id);
}

function insertReferences(tx: StateTransaction, { descriptor, manifest }: KnownManifest): void {
  for (const { digest } of referencesOf(manifest)) {
    tx.run('INSERT OR IGNORE INTO content_reference (parent, child) VALUES (?, ?)', descriptor.digest, digest);
  }
}

function updateSize(tx: StateTransaction, id: Digest): void {
  tx.run(
    `UPDATE image SET size_bytes = (
       SELECT COALESCE(SUM(COALESCE(
         (SELECT size_bytes FROM layer_size s WHERE s.diff_id = l.diff_id),
         (SELECT MAX(size_bytes) FROM layer_blob b WHERE b.diff_id = l.diff_id),
         0)), 0)
       FROM image_layer l WHERE l.image_id = image.id)
     WHERE id = ?`,
    id,
  );
}
