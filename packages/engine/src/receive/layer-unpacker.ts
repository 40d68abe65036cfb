import type { Descriptor } from '@slipway/oci';
import type { ContentStore } from '../content/content-store.ts';
import { engineError } from '../errors.ts';
import type { Lease } from '../leases/lease.ts';
import type { ActiveSnapshot, Snapshotter } from '../snapshots/snapshotter.ts';
import type { UnpackInput, UnpackOutcome } from '../unpack/unpack-input.ts';
import type { SnapshotWorkers } from '../worker/snapshot-workers.ts';
import type { OnReceiveEvent } from './receive-event.ts';

export interface LayerUnpackerOptions {
  readonly content: ContentStore;
  readonly snapshots: Snapshotter;
  readonly workers: Pick<SnapshotWorkers, 'run'>;
  readonly lease: Lease;
  readonly igzip: string | undefined;
  readonly onProgress: OnReceiveEvent | undefined;
}

export type Unpacked = Extract<UnpackOutcome, { kind: 'unpacked' }>;

/** A layer in a folder that is not committed yet. */
export interface UnpackedLayer {
  readonly kind: 'unpacked';
  readonly active: ActiveSnapshot;
  readonly outcome: Unpacked;
}

/** `needs-parent`: what the layer says depends on the layers below it. */
export type LayerAlone = UnpackedLayer | { readonly kind: 'needs-parent' };

export interface LayerToUnpack {
  readonly descriptor: Descriptor;
  /** Asked when a worker is free: the file that still grows; undefined once that is content, and absent for content. */
  readonly growingFile?: () => string | undefined;
  readonly signal: AbortSignal;
}

/** Unpacks layers into active snapshots. Leaves nothing of a layer that it fails on. */
export class LayerUnpacker {
  readonly #options: LayerUnpackerOptions;

  constructor(options: LayerUnpackerOptions) {
    this.#options = options;
  }

  /** For overlay: knows nothing of the layers below, so several may be unpacked at once. */
  async unpackAlone(layer: LayerToUnpack): Promise<LayerAlone> {
    const { snapshots, lease } = this.#options;
    const active = await snapshots.prepare({ parents: [], lease, signal: layer.signal });
    return await this.#orRemove(active, async () => {
      const outcome = await this.#unpack(layer, { ...this.#target(active), mode: 'alone' });
      if (outcome.kind === 'unpacked') return { kind: 'unpacked', active, outcome };
      await snapshots.remove(active);
      return { kind: 'needs-parent' };
    });
  }

  /** For overlay: onto the layers below, whose folders are given with the top one first. They need not be committed. */
  async unpackOnto(layer: LayerToUnpack, lowers: readonly string[]): Promise<UnpackedLayer> {
    const { snapshots, lease } = this.#options;
    const active = await snapshots.prepare({ parents: [], lease, signal: layer.signal });
    return await this.#orRemove(active, async () => {
      const below = lowers.length === 0 ? {} : { lowers, ...(active.workFolder === undefined ? {} : { workFolder: active.workFolder }) };
      return await this.#unpackOnto(layer, active, below);
    });
  }

  /** For copies: onto a copy of the layers below, which are committed. */
  async unpackOntoCopy(layer: LayerToUnpack, parents: readonly Descriptor['digest'][]): Promise<UnpackedLayer> {
    const { snapshots, lease } = this.#options;
    const active = await snapshots.prepare({ parents, lease, signal: layer.signal });
    return await this.#orRemove(active, async () => await this.#unpackOnto(layer, active, {}));
  }

  /** Removes whiteouts that hide nothing of the layers below, whose folders are given with the top one first. */
  async dropWhiteouts({ active, outcome }: UnpackedLayer, lowers: readonly string[], signal: AbortSignal): Promise<void> {
    const { workers, snapshots } = this.#options;
    const input = {
      folder: active.folder,
      whiteouts: outcome.whiteouts,
      lowers,
      scratch: active.workFolder ?? active.folder,
      xattrs: snapshots.xattrs ?? 'trusted',
    };
    await workers.run('dropWhiteouts', input, { signal });
  }

  async remove(layer: UnpackedLayer): Promise<void> {
    await this.#options.snapshots.remove(layer.active);
  }

  async #unpackOnto(
    layer: LayerToUnpack,
    active: ActiveSnapshot,
    below: Pick<UnpackInput, 'lowers' | 'workFolder'>,
  ): Promise<UnpackedLayer> {
    const outcome = await this.#unpack(layer, { ...this.#target(active), mode: 'onto', ...below });
    if (outcome.kind === 'needs-parent') {
      throw engineError(
        'LAYER_INVALID',
        `Cannot unpack layer ${layer.descriptor.digest}: "${outcome.path}" is in none of the layers below`,
      );
    }
    return { kind: 'unpacked', active, outcome };
  }

  #target(active: ActiveSnapshot): Pick<UnpackInput, 'folder' | 'overlay'> {
    const { xattrs } = this.#options.snapshots;
    return { folder: active.folder, ...(xattrs === undefined ? {} : { overlay: { xattrs } }) };
  }

  async #unpack(
    layer: LayerToUnpack,
    target: Pick<UnpackInput, 'folder' | 'mode' | 'overlay' | 'lowers' | 'workFolder'>,
  ): Promise<UnpackOutcome> {
    const { content, workers, igzip, onProgress } = this.#options;
    const { descriptor, growingFile, signal } = layer;
    const { digest, size } = descriptor;
    const input = (): UnpackInput => {
      const growing = growingFile?.();
      return { ...target, blob: { path: growing ?? content.pathOf(digest), sizeBytes: size }, isGrowing: growing !== undefined, igzip };
    };
    const tell = ({ doneBytes }: { readonly doneBytes: number }) =>
      onProgress?.({ kind: 'unpack-progress', digest, doneBytes, totalBytes: size });
    const outcome = await workers.run('unpack', input, { signal, onProgress: tell });
    if (outcome.kind !== 'unpacked') return outcome;
    if (outcome.digests.digest !== digest) {
      throw engineError('LAYER_MISMATCH', `Cannot use layer ${digest}: the bytes that were unpacked are ${outcome.digests.digest}`);
    }
    if (outcome.skipped.count > 0) onProgress?.({ kind: 'unpack-skipped', digest, skipped: outcome.skipped });
    return outcome;
  }

  async #orRemove<T>(active: ActiveSnapshot, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await this.#options.snapshots.remove(active);
      throw error;
    }
  }
}
