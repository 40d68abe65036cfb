import { SingleFlight } from '@slipway/base';
import type { Descriptor } from '@slipway/oci';
import { findIgzip } from '@slipway/oci/node';
import type { LayerCompression } from '../diff/diff-job.ts';
import type { EngineParts } from '../engine-parts.ts';
import { engineError } from '../errors.ts';
import type { LayerBlob } from '../images/image-store.ts';
import type { Lease } from '../leases/lease.ts';
import { isThere } from './complete-manifest.ts';
import { findLayerFiles, type LayerPlace } from './find-layer-files.ts';
import { compressionOfType, FAMILY_TYPES } from './layer-media-types.ts';

export type PackParts = Pick<EngineParts, 'content' | 'images' | 'leases' | 'snapshots' | 'workers' | 'searchPath'>;

export interface PackLayerOptions {
  readonly compression: LayerCompression;
  /** Whether only a blob in that compression will do. */
  readonly force: boolean;
  readonly lease: Lease;
  readonly signal: AbortSignal | undefined;
}

/** Makes blobs of layers, each once however many images ask for it at a time. Another process doing the same does no harm. */
export class LayerPacker {
  readonly #parts: PackParts;
  readonly #flights = new SingleFlight<void>();
  #igzip: Promise<string | undefined> | undefined;

  constructor(parts: PackParts) {
    this.#parts = parts;
  }

  /**
   * A blob of the layer, held by the lease: one that is there, or made from one in another compression, or from the layer's files.
   * Errors: CONTENT_MISSING, LAYER_CHANGED (data-loss), those of the diff job.
   */
  async pack(place: LayerPlace, options: PackLayerOptions): Promise<Descriptor> {
    const { compression } = options;
    const key = `${place.diffIds[place.position] ?? ''} ${compression.kind} ${compression.level ?? ''}`;
    for (;;) {
      const blobs = await this.#findBlobs(place, options.lease);
      const fitting = blobs.find(({ descriptor }) => isFitting(descriptor, options));
      if (fitting !== undefined) return fitting.descriptor;
      // Who joins another's flight finds the blob afterwards, held by a lease of its own.
      await this.#flights.run(key, async () => {
        await this.#make(place, blobs[0], options).catch((error: unknown) => {
          // An abort is of this call alone: who joined it goes on by itself.
          if (options.signal?.aborted !== true) throw error;
        });
      });
      options.signal?.throwIfAborted();
    }
  }

  async #findBlobs({ diffIds, position }: LayerPlace, lease: Lease): Promise<readonly LayerBlob[]> {
    const there: LayerBlob[] = [];
    for (const blob of this.#parts.images.layerBlobs(diffIds.slice(position, position + 1))) {
      if (await isThere(blob.descriptor, { content: this.#parts.content, lease })) there.push(blob);
    }
    return there;
  }

  async #make(place: LayerPlace, blob: LayerBlob | undefined, options: PackLayerOptions): Promise<void> {
    const { compression, lease, signal } = options;
    const { content, images } = this.#parts;
    const source =
      blob === undefined
        ? await findLayerFiles(await this.#parts.snapshots(), place, lease)
        : ({ kind: 'blob', path: content.pathOf(blob.descriptor.digest) } as const);
    const file = await content.createFile({ lease });
    try {
      const workers = await this.#parts.workers();
      const input = { source, output: file.path, compression, igzip: await this.#findIgzip() };
      const outcome = await workers.run('diff', input, { signal });
      const diffId = place.diffIds[place.position];
      if (diffId === undefined || outcome.diffId !== diffId) throw changed(place, outcome.diffId);
      await file.commit(outcome.digest);
      const mediaType = FAMILY_TYPES.oci.layers[compression.kind];
      await images.addLayerBlob({ diffId, descriptor: { mediaType, digest: outcome.digest, size: outcome.sizeBytes } });
    } finally {
      await file.cancel();
    }
  }

  async #findIgzip(): Promise<string | undefined> {
    this.#igzip ??= findIgzip(this.#parts.searchPath);
    return await this.#igzip;
  }
}

/** A plain tar is a fitting form only for who asks for one: registries and disks want it compressed. */
function isFitting({ mediaType }: Descriptor, { compression, force }: PackLayerOptions): boolean {
  const kind = compressionOfType(mediaType);
  return kind === compression.kind || (!force && kind !== 'none');
}

function changed({ diffIds, position }: LayerPlace, actual: string): Error {
  return engineError(
    'LAYER_CHANGED',
    `Cannot pack layer ${position + 1} of ${diffIds.length}: its files make the diffId ${actual}, the image says ${diffIds[position] ?? ''}`,
  );
}
