import type { Descriptor, Digest, Platform } from '@slipway/oci';
import type { StateReader } from '../state/state-database.ts';
import type { ImageDigest, ImageLayer, ImageName, ImageRecord } from './image-record.ts';

interface ImageRow {
  readonly id: Digest;
  readonly config_size: number;
  readonly created_at: string | null;
  readonly os: string;
  readonly architecture: string;
  readonly variant: string | null;
  readonly os_version: string | null;
  readonly size_bytes: number;
}

interface Owned {
  readonly image_id: Digest;
}
interface LayersRow extends Owned {
  /** `<position> <diffId> <chainId>` of each layer, in any order, separated by commas. */
  readonly layers: string;
}
interface ManifestRow extends Owned {
  readonly manifest_digest: Digest;
  readonly media_type: string;
  readonly size_bytes: number;
}
interface NameRow extends Owned {
  readonly repository: string;
  readonly tag: string;
  readonly target: Digest | null;
}
interface DigestRow extends Owned {
  readonly repository: string;
  readonly digest: Digest;
}

/** All images, or the one of that id: one question for each table. In no promised order. */
export function readImages(reader: StateReader, id?: Digest): ImageRecord[] {
  const where = id === undefined ? '' : ' WHERE image_id = ?';
  const parameters = id === undefined ? [] : [id];
  const owned = <Row extends Owned>(table: string, order: string): Map<Digest, Row[]> =>
    Map.groupBy(reader.all<Row>(`SELECT * FROM ${table}${where} ORDER BY ${order}`, ...parameters), (row) => row.image_id);
  const images = reader.all<ImageRow>(`SELECT * FROM image${id === undefined ? '' : ' WHERE id = ?'}`, ...parameters);
  // One row for an image: thousands of small rows take longer than all the rest. Ordering inside the groups would take as long again.
  const layers = owned<LayersRow>(
    "(SELECT image_id, GROUP_CONCAT(position || ' ' || diff_id || ' ' || chain_id) AS layers FROM image_layer GROUP BY image_id)",
    'image_id',
  );
  const manifests = owned<ManifestRow>('image_manifest', 'position, manifest_digest');
  const names = owned<NameRow>('image_name', 'repository, tag');
  const digests = owned<DigestRow>('image_digest', 'repository, digest');
  return images.map((row) => ({
    id: row.id,
    configSize: row.config_size,
    platform: platformOf(row),
    ...(row.created_at === null ? {} : { createdAt: row.created_at }),
    sizeBytes: row.size_bytes,
    layers: (layers.get(row.id) ?? []).flatMap(layersOf),
    manifests: (manifests.get(row.id) ?? []).map(manifestOf),
    names: (names.get(row.id) ?? []).map(nameOf),
    digests: (digests.get(row.id) ?? []).map(digestOf),
  }));
}

function platformOf(row: ImageRow): Platform {
  return {
    os: row.os,
    architecture: row.architecture,
    ...(row.variant === null ? {} : { variant: row.variant }),
    ...(row.os_version === null ? {} : { 'os.version': row.os_version }),
  };
}

function layersOf(row: LayersRow): ImageLayer[] {
  const layers: ImageLayer[] = [];
  for (const layer of row.layers.split(',')) {
    const [position, diffId, chainId] = layer.split(' ') as [string, Digest, Digest];
    layers[Number(position)] = { diffId, chainId };
  }
  return layers;
}

function manifestOf(row: ManifestRow): Descriptor {
  return { mediaType: row.media_type, digest: row.manifest_digest, size: row.size_bytes };
}

function nameOf(row: NameRow): ImageName {
  return { repository: row.repository, tag: row.tag, ...(row.target === null ? {} : { target: row.target }) };
}

function digestOf(row: DigestRow): ImageDigest {
  return { repository: row.repository, digest: row.digest };
}
