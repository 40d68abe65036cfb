import type { Digest } from '@slipway/oci';
import { topFirst } from '../snapshots/overlay-mounts.ts';
import type { SnapshotChain, SnapshotCommit, SnapshotRef, Snapshotter } from '../snapshots/snapshotter.ts';
import type { EarlyLayers } from './early-layers.ts';
import { type ChainLayer, requireDiffId } from './layer-chain.ts';
import type { LayerAlone, LayerUnpacker, UnpackedLayer } from './layer-unpacker.ts';
import type { OnReceiveEvent } from './receive-event.ts';

export interface ChainUnpackerOptions {
  readonly snapshots: Snapshotter;
  readonly unpacker: LayerUnpacker;
  readonly early: EarlyLayers;
  readonly onProgress: OnReceiveEvent | undefined;
  readonly signal: AbortSignal;
}

export interface UnpackedChain {
  /** What each layer's regular files hold, and its symlinks, as docker's SIZE counts them. */
  readonly layerSizes: ReadonlyMap<Digest, number>;
  /** Of layers that were there already: whether the blob is that layer was not looked at. */
  readonly unchecked: readonly ChainLayer[];
}

/** Unpacks what is missing of a chain of layers, and commits it when all of it is right. Nothing of a failed one stays. */
export class ChainUnpacker {
  readonly #options: ChainUnpackerOptions;
  readonly #commits: SnapshotCommit[] = [];
  readonly #sizes = new Map<Digest, number>();
  readonly #unchecked: ChainLayer[] = [];
  /** Short names of the layers' folders so far, the lowest first. */
  readonly #links: string[] = [];
  /** Independent layers of this chain: the same one may come again. */
  readonly #independent = new Map<Digest, string>();

  constructor(options: ChainUnpackerOptions) {
    this.#options = options;
  }

  async unpack(layers: readonly ChainLayer[], chain: SnapshotChain): Promise<UnpackedChain> {
    const { snapshots, early } = this.#options;
    try {
      if (snapshots.medium === 'overlay') {
        for (const { descriptor, position } of layers) if (chain.layers[position] === undefined) early.start(descriptor);
      }
      for (const layer of layers) {
        const there = chain.layers[layer.position];
        if (there !== undefined) await this.#useThere(layer, there);
        else if (snapshots.medium === 'copy') await this.#unpackCopy(layer, layers);
        else await this.#unpackOverlay(layer);
      }
      await snapshots.commitAll(this.#commits);
    } catch (error) {
      for (const { active } of this.#commits) await snapshots.remove(active);
      throw error;
    }
    return { layerSizes: this.#sizes, unchecked: this.#unchecked };
  }

  /** What was unpacked early tells at least whether the blob is what the config says. */
  async #useThere(layer: ChainLayer, there: SnapshotRef): Promise<void> {
    const { early, unpacker } = this.#options;
    const alone = await early.take(layer.descriptor.digest);
    if (alone?.kind === 'unpacked') {
      await unpacker.remove(alone);
      requireDiffId(layer, alone.outcome.digests.diffId);
    } else {
      this.#unchecked.push(layer);
    }
    this.#sizes.set(layer.diffId, there.sizeBytes);
    this.#links.push(there.link);
    this.#tellDone(layer, 'exists');
  }

  async #unpackOverlay(layer: ChainLayer): Promise<void> {
    const { unpacker, early, signal } = this.#options;
    const { descriptor, diffId } = layer;
    const before = this.#independent.get(diffId);
    const alone = await early.take(descriptor.digest);
    if (before !== undefined && alone === undefined) {
      this.#links.push(before);
      this.#unchecked.push(layer);
      return;
    }
    const lowers = topFirst(this.#links);
    const unpacked = await this.#complete(alone ?? (await unpacker.unpackAlone({ descriptor, signal })), { layer, lowers });
    this.#add(layer, unpacked);
    const { whiteouts } = unpacked.outcome;
    if (whiteouts.length > 0) await unpacker.dropWhiteouts(unpacked, lowers, signal);
    this.#links.push(unpacked.active.link);
    this.#tellDone(layer, 'unpacked');
  }

  async #complete(alone: LayerAlone, at: { readonly layer: ChainLayer; readonly lowers: readonly string[] }): Promise<UnpackedOnto> {
    if (alone.kind === 'unpacked') return { ...alone, isIndependent: alone.outcome.whiteouts.length === 0 };
    const { unpacker, signal } = this.#options;
    const onto = await unpacker.unpackOnto({ descriptor: at.layer.descriptor, signal }, at.lowers);
    return { ...onto, isIndependent: false };
  }

  async #unpackCopy(layer: ChainLayer, layers: readonly ChainLayer[]): Promise<void> {
    const { unpacker, snapshots, signal } = this.#options;
    const parents = layers.slice(0, layer.position).map(({ diffId }) => diffId);
    const unpacked = await unpacker.unpackOntoCopy({ descriptor: layer.descriptor, signal }, parents);
    this.#add(layer, { ...unpacked, isIndependent: false });
    // The next layer begins with a copy of this one.
    await snapshots.commitAll(this.#commits);
    this.#commits.length = 0;
    this.#tellDone(layer, 'unpacked');
  }

  #add(layer: ChainLayer, { active, outcome, isIndependent }: UnpackedOnto): void {
    const { diffId, chainId } = layer;
    this.#commits.push({ active, layer: { diffId, chainId, sizeBytes: outcome.fileBytes, isIndependent } });
    requireDiffId(layer, outcome.digests.diffId);
    if (isIndependent) this.#independent.set(diffId, active.link);
    this.#sizes.set(diffId, outcome.fileBytes);
  }

  #tellDone({ descriptor }: ChainLayer, how: 'unpacked' | 'exists'): void {
    this.#options.onProgress?.({ kind: 'unpack-done', digest: descriptor.digest, how });
  }
}

interface UnpackedOnto extends UnpackedLayer {
  readonly isIndependent: boolean;
}
