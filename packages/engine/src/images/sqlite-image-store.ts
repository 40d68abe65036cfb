import { type Descriptor, type Digest, type ImageConfig, parseImageConfig, type Reference } from '@slipway/oci';
import type { ContentStore } from '../content/content-store.ts';
import { engineError } from '../errors.ts';
import type { StateDatabase, StateReader, StateTransaction } from '../state/state-database.ts';
import { insertImage, insertLayerBlob, insertManifest, readManifest, requireManifestOf, setDigest, setName } from './add-image.ts';
import { findImageId, imageUnknown } from './find-image.ts';
import { nameFrom } from './image-names.ts';
import type { ImageDigest, ImageName, ImageRecord, ImageUser } from './image-record.ts';
import type {
  AddImageOptions,
  ImageStore,
  LayerBlob,
  PruneImagesOptions,
  PruneOutcome,
  RemovalEvent,
  RemoveImageOptions,
} from './image-store.ts';
import { isPrunable, matchesLabels, pruneImages } from './prune-images.ts';
import { readImages } from './read-images.ts';
import { readIndexTree } from './read-index-tree.ts';
import { removeImage } from './remove-image.ts';

export interface ImageStoreParts {
  readonly state: StateDatabase;
  readonly content: ContentStore;
}

export function createImageStore(parts: ImageStoreParts): ImageStore {
  return new SqliteImageStore(parts);
}

interface UseRow {
  readonly image_id: Digest;
  readonly user: string;
  readonly description: string;
  readonly is_running: number;
}

interface LayerBlobRow {
  readonly digest: Digest;
  readonly media_type: string;
  readonly size_bytes: number;
}

class SqliteImageStore implements ImageStore {
  readonly #state: StateDatabase;
  readonly #content: ContentStore;

  constructor({ state, content }: ImageStoreParts) {
    this.#state = state;
    this.#content = content;
  }

  list(): readonly ImageRecord[] {
    const images = this.#state.read((reader) => readImages(reader)).map((image) => ({ image, createdAtMs: createdAtMsOf(image) }));
    return images.sort((a, b) => b.createdAtMs - a.createdAtMs || (a.image.id < b.image.id ? -1 : 1)).map(({ image }) => image);
  }

  get(id: Digest): ImageRecord | undefined {
    return this.#state.read((reader) => readImages(reader, id))[0];
  }

  find(text: string): ImageRecord | undefined {
    return this.#state.read((reader) => {
      const id = findImageId(reader, text);
      return id === undefined ? undefined : readImages(reader, id)[0];
    });
  }

  require(text: string): ImageRecord {
    const found = this.find(text);
    if (found === undefined) throw imageUnknown(text);
    return found;
  }

  async readConfig(record: Pick<ImageRecord, 'id' | 'configSize'>): Promise<{ readonly config: ImageConfig; readonly bytes: Buffer }> {
    const bytes = await this.#content.read({ digest: record.id, size: record.configSize });
    return { config: parseImageConfig(bytes), bytes };
  }

  async add(options: AddImageOptions): Promise<ImageRecord> {
    const { config: named, index: indexDescriptor, lease } = options;
    const id = named.digest;
    const documents = [
      id,
      ...options.manifests.map(({ digest }) => digest),
      ...(indexDescriptor === undefined ? [] : [indexDescriptor.digest]),
    ];
    await lease.holdContent(documents);
    const { config } = await this.readConfig({ id, configSize: named.size });
    const { chainIdsOf } = await import('@slipway/oci/node');
    const diffIds = config.rootfs.diff_ids;
    const chainIds = chainIdsOf(diffIds);
    const layers = diffIds.map((diffId, position) => ({ diffId, chainId: chainIds[position] ?? diffId }));
    const manifests = await Promise.all(options.manifests.map((descriptor) => readManifest(this.#content, descriptor)));
    for (const manifest of manifests) requireManifestOf(id, layers.length, manifest);
    const indexTree = indexDescriptor === undefined ? [] : await readIndexTree(this.#content, indexDescriptor, lease);
    const { names, digests, layerSizes } = options;
    return await this.#write(id, (tx) =>
      insertImage(tx, { id, configSize: named.size, config, layers, manifests, indexTree, names, digests, layerSizes }),
    );
  }

  async addManifest(id: Digest, manifest: Descriptor): Promise<ImageRecord> {
    const known = await readManifest(this.#content, manifest);
    return await this.#write(id, (tx) => {
      const [image] = readImages(tx, id);
      if (image === undefined) throw imageUnknown(id);
      insertManifest(tx, image, known);
    });
  }

  async addDigest(id: Digest, digest: ImageDigest): Promise<void> {
    await this.#state.write((tx) => {
      requireImage(tx, id);
      setDigest(tx, { ...digest, id });
    });
  }

  async tag(id: Digest, reference: Reference, target?: Digest): Promise<ImageName> {
    const name = nameFrom(reference);
    await this.#state.write((tx) => {
      requireImage(tx, id);
      setName(tx, { ...name, id, target });
    });
    return { ...name, ...(target === undefined ? {} : { target }) };
  }

  async remove(text: string, { force = false }: RemoveImageOptions = {}): Promise<readonly RemovalEvent[]> {
    return (await this.#state.write((tx) => removeImage(tx, { text, force }))).events;
  }

  async prune(options: PruneImagesOptions = {}): Promise<PruneOutcome> {
    const needsLabels = (options.labels?.length ?? 0) + (options.withoutLabels?.length ?? 0) > 0;
    const chosen = new Set<Digest>();
    for (const image of this.list().filter((image) => isPrunable(image, options))) {
      if (!needsLabels || matchesLabels((await this.readConfig(image)).config, options)) chosen.add(image.id);
    }
    return await this.#state.write((tx) => {
      // Names may have come or gone since.
      const images = readImages(tx).filter((image) => chosen.has(image.id) && isPrunable(image, options));
      return pruneImages(
        tx,
        images.map(({ id }) => id),
      );
    });
  }

  async use(id: Digest, { user, description, isRunning }: ImageUser): Promise<void> {
    await this.#state.write((tx) => {
      requireImage(tx, id);
      tx.run(
        'INSERT OR REPLACE INTO image_use (image_id, user, description, is_running) VALUES (?, ?, ?, ?)',
        id,
        user,
        description,
        Number(isRunning),
      );
    });
  }

  async release(id: Digest, user: string): Promise<void> {
    await this.#state.write((tx) => {
      tx.run('DELETE FROM image_use WHERE image_id = ? AND user = ?', id, user);
    });
  }

  uses(): ReadonlyMap<Digest, readonly ImageUser[]> {
    const rows = this.#state.all<UseRow>('SELECT image_id, user, description, is_running FROM image_use ORDER BY user');
    const uses = new Map<Digest, ImageUser[]>();
    for (const row of rows) {
      const users = uses.get(row.image_id) ?? [];
      uses.set(row.image_id, users);
      users.push({ user: row.user, description: row.description, isRunning: row.is_running !== 0 });
    }
    return uses;
  }

  layerBlobs(diffIds: readonly Digest[]): readonly LayerBlob[] {
    const sql = 'SELECT digest, media_type, size_bytes FROM layer_blob WHERE diff_id = ? ORDER BY rowid DESC';
    return diffIds.flatMap((diffId) =>
      this.#state.all<LayerBlobRow>(sql, diffId).map((row) => ({
        diffId,
        descriptor: { mediaType: row.media_type, digest: row.digest, size: row.size_bytes },
      })),
    );
  }

  async addLayerBlob({ diffId, descriptor }: LayerBlob): Promise<void> {
    await this.#state.write((tx) => insertLayerBlob(tx, diffId, descriptor));
  }

  layerSizes(diffIds: readonly Digest[]): ReadonlyMap<Digest, number> {
    const sizes = new Map<Digest, number>();
    for (const diffId of diffIds) {
      const row = this.#state.get<{ size_bytes: number }>('SELECT size_bytes FROM layer_size WHERE diff_id = ?', diffId);
      if (row !== undefined) sizes.set(diffId, row.size_bytes);
    }
    return sizes;
  }

  async #write(id: Digest, body: (tx: StateTransaction) => void): Promise<ImageRecord> {
    return await this.#state.write((tx) => {
      body(tx);
      const [image] = readImages(tx, id);
      if (image === undefined) throw engineError('STATE_FAILED', `Cannot find image ${id} that was just written`);
      return image;
    });
  }
}

function requireImage(tx: StateReader, id: Digest): void {
  if (tx.get('SELECT 1 FROM image WHERE id = ?', id) === undefined) throw imageUnknown(id);
}

/** An image that does not say when it was made counts as the oldest. */
function createdAtMsOf(image: ImageRecord): number {
  const createdAtMs = Date.parse(image.createdAt ?? '');
  return Number.isNaN(createdAtMs) ? 0 : createdAtMs;
}
