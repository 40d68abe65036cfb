import { statSync } from 'node:fs';
import type { Digest } from '@slipway/oci';
import { Layout } from '@slipway/storage/blob/layout';
import type { Home } from '../home.ts';
import type { ImageRecord, ImageUser } from '../images/image-record.ts';
import type { ImageStore } from '../images/image-store.ts';
import type { StateDatabase } from '../state/state-database.ts';
import { unneededSnapshots } from './unneeded-snapshots.ts';

export interface ImageUsage {
  readonly image: ImageRecord;
  /** Of all its layers. */
  readonly sizeBytes: number;
  /** Of the layers that other images have too. */
  readonly sharedBytes: number;
  readonly uniqueBytes: number;
  readonly users: readonly ImageUser[];
}

export interface EngineUsage {
  readonly images: readonly ImageUsage[];
  /** Of all images' layers, each counted once. */
  readonly layersBytes: number;
  /** Of `layersBytes`, what would go with the images that nobody uses. */
  readonly reclaimableBytes: number;
  /** Manifests, configs and packed layers on disk. */
  readonly contentCount: number;
  readonly contentBytes: number;
  readonly snapshotCount: number;
  readonly snapshotBytes: number;
  /** Committed snapshots that no image and no running command needs. */
  readonly unneededSnapshotCount: number;
  readonly unneededSnapshotBytes: number;
}

export interface UsageParts {
  readonly home: Home;
  readonly state: StateDatabase;
  readonly images: ImageStore;
}

/** What takes how much room. Sizes of layers are as docker counts them; those of content are what its files hold. */
export async function usage({ home, state, images }: UsageParts): Promise<EngineUsage> {
  const snapshots = state.get<{ count: number; bytes: number }>(
    "SELECT COUNT(*) AS count, COALESCE(SUM(size_bytes), 0) AS bytes FROM snapshot WHERE kind = 'committed'",
  );
  const unneeded = unneededSnapshots(state);
  return {
    ...imagesUsage(images),
    ...(await contentUsage(home)),
    snapshotCount: snapshots?.count ?? 0,
    snapshotBytes: snapshots?.bytes ?? 0,
    unneededSnapshotCount: unneeded.length,
    unneededSnapshotBytes: unneeded.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

interface LayerUsage {
  readonly sizeBytes: number;
  imageCount: number;
  isUsed: boolean;
}

function imagesUsage(images: ImageStore): Pick<EngineUsage, 'images' | 'layersBytes' | 'reclaimableBytes'> {
  const records = images.list();
  const uses = images.uses();
  const sizes = images.layerSizes([...new Set(records.flatMap((image) => image.layers.map(({ diffId }) => diffId)))]);
  const layers = new Map<Digest, LayerUsage>();
  for (const { id, layers: own } of records) {
    for (const { chainId, diffId } of own) {
      const layer = layers.get(chainId) ?? { sizeBytes: sizes.get(diffId) ?? 0, imageCount: 0, isUsed: false };
      layers.set(chainId, layer);
      layer.imageCount += 1;
      layer.isUsed ||= uses.has(id);
    }
  }
  const sumOf = (chosen: Iterable<LayerUsage>): number => [...chosen].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const layersBytes = sumOf(layers.values());
  return {
    images: records.map((image) => {
      const own = image.layers.flatMap(({ chainId }) => layers.get(chainId) ?? []);
      const sizeBytes = sumOf(own);
      const sharedBytes = sumOf(own.filter(({ imageCount }) => imageCount > 1));
      return { image, sizeBytes, sharedBytes, uniqueBytes: sizeBytes - sharedBytes, users: uses.get(image.id) ?? [] };
    }),
    layersBytes,
    reclaimableBytes: layersBytes - sumOf([...layers.values()].filter(({ isUsed }) => isUsed)),
  };
}

async function contentUsage(home: Home): Promise<Pick<EngineUsage, 'contentCount' | 'contentBytes'>> {
  let contentCount = 0;
  let contentBytes = 0;
  for await (const { path } of new Layout(home.content).walkBlobs()) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) continue;
    contentCount += 1;
    contentBytes += found.size;
  }
  return { contentCount, contentBytes };
}
