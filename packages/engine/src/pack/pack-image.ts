import type { Descriptor } from '@slipway/oci';
import type { LayerCompression } from '../diff/diff-job.ts';
import type { ImageRecord } from '../images/image-record.ts';
import { findCompleteManifest } from './complete-manifest.ts';
import { composeManifest } from './compose-manifest.ts';
import type { MediaTypeFamily } from './layer-media-types.ts';
import { LayerPacker, type PackLayerOptions, type PackParts } from './pack-layer.ts';

export interface PackOptions {
  /** Which types the manifest names: `oci` when absent, and then any complete manifest there is will do. */
  readonly mediaTypes?: MediaTypeFamily | undefined;
  /** For layers that have to be packed: gzip when absent. */
  readonly compression?: LayerCompression | undefined;
  /** Packs layers again that are there in another compression than the one asked for. */
  readonly force?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One an engine: its images share layers. */
const packers = new WeakMap<PackParts, LayerPacker>();

/**
 * A manifest of the image, it and all that it names in content: the one the image came with, or one that is made, with the layers that have no blob
 * packed from their files. Equal layers and options give equal bytes; the config stays as it is. Recorded with the image, which keeps it.
 * Errors: CONTENT_MISSING, LAYER_CHANGED (data-loss), LAYER_READ_FAILED, the signal's reason.
 */
export async function packImage(parts: PackParts, record: ImageRecord, options: PackOptions = {}): Promise<Descriptor> {
  await using lease = await parts.leases.open(`pack ${record.id}`);
  const known = await findKnown(parts, record, { ...options, lease });
  if (known !== undefined) return known;
  const { mediaTypes = 'oci', compression = { kind: 'gzip' }, force = false, signal } = options;
  const config = { digest: record.id, size: record.configSize };
  await lease.holdContent([config.digest]);
  const layers = await packLayers(packerOf(parts), record, { compression, force, lease, signal });
  const { bytes, mediaType } = composeManifest({ family: mediaTypes, config, layers });
  const manifest = { mediaType, ...(await parts.content.put(bytes, { lease })) };
  await parts.images.addManifest(record.id, manifest);
  return manifest;
}

function packerOf(parts: PackParts): LayerPacker {
  const packer = packers.get(parts) ?? new LayerPacker(parts);
  packers.set(parts, packer);
  return packer;
}

type FindOptions = PackOptions & Pick<PackLayerOptions, 'lease'>;

async function findKnown(parts: PackParts, record: ImageRecord, options: FindOptions): Promise<Descriptor | undefined> {
  if (options.force === true) return undefined;
  return await findCompleteManifest(record, { content: parts.content, lease: options.lease, family: options.mediaTypes });
}

/** All at once: the worker processes bound how many are under way. Waits for all, so that nothing goes on after a failure. */
async function packLayers(packer: LayerPacker, record: ImageRecord, options: PackLayerOptions): Promise<readonly Descriptor[]> {
  const diffIds = record.layers.map(({ diffId }) => diffId);
  const packing = diffIds.map((_, position) => packer.pack({ diffIds, position }, options));
  const failure = (await Promise.allSettled(packing)).find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return await Promise.all(packing);
}
