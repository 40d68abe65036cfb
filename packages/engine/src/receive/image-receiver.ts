import type { Readable } from 'node:stream';
import {
  type Descriptor,
  type Digest,
  type ImageManifest,
  isForeignLayerType,
  type Platform,
  parseImageConfig,
  parseManifest,
  type Reference,
} from '@slipway/oci';
import { computeLayer, findIgzip } from '@slipway/oci/node';
import type { EngineParts } from '../engine-parts.ts';
import { engineError } from '../errors.ts';
import type { ImageDigest, ImageRecord } from '../images/image-record.ts';
import type { Lease } from '../leases/lease.ts';
import type { Snapshotter } from '../snapshots/snapshotter.ts';
import { ChainUnpacker } from './chain-unpacker.ts';
import { EarlyLayers } from './early-layers.ts';
import { isLayerType, requireImageConfig, requireImagePart, unsupported } from './image-content.ts';
import { isUnpackedSomewhere, knownDiffIds } from './known-layers.ts';
import { type ChainLayer, layersOf, requireDiffId } from './layer-chain.ts';
import { LayerUnpacker } from './layer-unpacker.ts';
import type { OnReceiveEvent } from './receive-event.ts';

export interface ReceiveOptions {
  /** Holds what is received until the caller ends it, after `finish`. */
  readonly lease: Lease;
  /** What will be finished; with `all`, layers are not unpacked before `finish` says which image they are for. */
  readonly platform?: Platform | 'all';
  readonly onProgress?: OnReceiveEvent;
  /** False keeps content alone: true when absent. */
  readonly unpack?: boolean;
  readonly signal?: AbortSignal;
}

export interface FinishOptions {
  /** The manifest of the platform. */
  readonly manifest: Descriptor;
  /** What the names stand for, when that is an index. */
  readonly target?: Descriptor;
  readonly names: readonly Reference[];
  readonly digests: readonly ImageDigest[];
}

interface SignalOptions {
  readonly signal?: AbortSignal;
}

/** What a receiver is made from. */
export type ReceiverParts = Pick<EngineParts, 'state' | 'content' | 'images' | 'searchPath' | 'snapshots' | 'workers'>;

interface Unpacking {
  readonly snapshots: Snapshotter;
  readonly unpacker: LayerUnpacker;
  readonly early: EarlyLayers;
}

/** The caller disposes the receiver, and then the lease. */
export async function createImageReceiver(parts: ReceiverParts, options: ReceiveOptions): Promise<ImageReceiver> {
  return new ImageReceiver(parts, options, options.unpack === false ? undefined : await openUnpacking(parts, options));
}

async function openUnpacking(parts: ReceiverParts, { lease, onProgress, signal }: ReceiveOptions): Promise<Unpacking> {
  const snapshots = await parts.snapshots();
  const workers = await parts.workers();
  const igzip = await findIgzip(parts.searchPath);
  const unpacker = new LayerUnpacker({ content: parts.content, snapshots, workers, lease, igzip, onProgress });
  return { snapshots, unpacker, early: new EarlyLayers(unpacker, signal) };
}

/**
 * One image on its way in, by pull, load or build: content goes to the store and layers are unpacked while they arrive; `finish` makes it an image.
 * The shape of packages/client's `ContentSink`. Disposing stops what is still going on and leaves no files that are no image's.
 */
export class ImageReceiver implements AsyncDisposable {
  /** The store compares every digest before it keeps content. */
  readonly verifiesDigests = true;
  readonly #parts: ReceiverParts;
  readonly #options: ReceiveOptions;
  readonly #unpacking: Unpacking | undefined;

  constructor(parts: ReceiverParts, options: ReceiveOptions, unpacking: Unpacking | undefined) {
    this.#parts = parts;
    this.#options = options;
    this.#unpacking = unpacking;
  }

  /** True when the content is there, and held by the lease. Errors: MEDIA_TYPE_UNSUPPORTED for what only artifacts have. */
  async has(descriptor: Descriptor, { signal }: SignalOptions = {}): Promise<boolean> {
    signal?.throwIfAborted();
    if (this.#isEager) requireImagePart(descriptor);
    await this.#options.lease.holdContent([descriptor.digest]);
    const found = await this.#parts.content.stat(descriptor.digest);
    if (found?.sizeBytes !== descriptor.size) return false;
    if (this.#isEagerFor(descriptor) && !isUnpackedSomewhere(this.#parts.state, descriptor.digest))
      this.#unpacking?.early.start(descriptor);
    return true;
  }

  /** Unpacks a layer that is in content, held by the lease, on the chance that an image will need it. What goes wrong is said by `finish`, if ever. */
  expectLayer(descriptor: Descriptor): void {
    const { snapshots, early } = this.#unpacking ?? {};
    if (snapshots?.medium === 'overlay' && !isUnpackedSomewhere(this.#parts.state, descriptor.digest)) early?.start(descriptor);
  }

  /**
   * Keeps the content if the stream ends well, nothing of it otherwise. That a layer cannot be unpacked is said by `finish`, as only the manifest
   * tells whether it has to be one. Errors: DIGEST_MISMATCH, LENGTH_MISMATCH, MEDIA_TYPE_UNSUPPORTED, STORAGE_*.
   */
  async write(descriptor: Descriptor, stream: Readable, { signal }: SignalOptions = {}): Promise<void> {
    if (this.#isEager) requireImagePart(descriptor);
    const early = this.#isEagerFor(descriptor) ? this.#unpacking?.early : undefined;
    const stored = Promise.withResolvers<void>();
    // Only a layer that found no free worker waits for it.
    stored.promise.catch(() => undefined);
    try {
      await this.#parts.content.write(descriptor, stream, {
        lease: this.#options.lease,
        onFile: (path) => early?.startGrowing(descriptor, path, stored.promise),
        ...(signal === undefined ? {} : { signal }),
      });
      stored.resolve();
    } catch (error) {
      stored.reject(error);
      await early?.giveUp(descriptor.digest, error);
      throw error;
    }
  }

  /** The bytes of a manifest that is there. */
  async readManifest(descriptor: Descriptor, { signal }: SignalOptions = {}): Promise<Buffer | undefined> {
    signal?.throwIfAborted();
    await this.#options.lease.holdContent([descriptor.digest]);
    const found = await this.#parts.content.stat(descriptor.digest);
    return found?.sizeBytes === descriptor.size ? await this.#parts.content.read(descriptor) : undefined;
  }

  /**
   * Makes an image of content that was received, with its layers unpacked and durable. Nothing is an image when it rejects.
   * Errors: MEDIA_TYPE_UNSUPPORTED, LAYER_MISMATCH (says which layer), LAYER_FOREIGN, CONTENT_MISSING, those of unpacking.
   */
  async finish({ manifest: descriptor, target, names, digests }: FinishOptions): Promise<ImageRecord> {
    const { content, images } = this.#parts;
    const manifest = await this.#readImageManifest(descriptor);
    const config = parseImageConfig(await content.read(manifest.config));
    const layers = layersOf(manifest, config);
    const layerSizes = this.#unpacking === undefined ? new Map<Digest, number>() : await this.#unpack(layers, this.#unpacking);
    const index = target === undefined || target.digest === descriptor.digest ? {} : { index: target };
    const known = { lease: this.#options.lease, config: manifest.config, manifests: [descriptor], layerSizes };
    return await images.add({ ...known, ...index, names, digests });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#unpacking?.early[Symbol.asyncDispose]();
  }

  /** Whether everything that comes belongs to one image. */
  get #isEager(): boolean {
    return this.#unpacking !== undefined && this.#options.platform !== 'all';
  }

  #isEagerFor({ mediaType }: Descriptor): boolean {
    return this.#isEager && this.#unpacking?.snapshots.medium === 'overlay' && isLayerType(mediaType);
  }

  async #readImageManifest(descriptor: Descriptor): Promise<ImageManifest> {
    const manifest = parseManifest(await this.#parts.content.read(descriptor), descriptor.mediaType);
    if (manifest.kind !== 'image') throw unsupported(`Cannot use ${descriptor.digest} as an image`, manifest.mediaType);
    requireImageConfig(manifest.config, descriptor);
    return manifest;
  }

  async #unpack(layers: readonly ChainLayer[], { snapshots, unpacker, early }: Unpacking): Promise<ReadonlyMap<Digest, number>> {
    const { lease, onProgress, signal = new AbortController().signal } = this.#options;
    for (const { descriptor } of layers) await this.#requireContent(descriptor);
    const diffIds = layers.map(({ diffId }) => diffId);
    const chain = await snapshots.holdChain(diffIds, lease);
    const unpacked = await new ChainUnpacker({ snapshots, unpacker, early, onProgress, signal }).unpack(layers, chain);
    for (const layer of unpacked.unchecked) await this.#checkBlob(layer);
    return unpacked.layerSizes;
  }

  /** A layer that was there is not unpacked again, but a blob that only claims to be it must not become one of its forms: a push would send it. */
  async #checkBlob(layer: ChainLayer): Promise<void> {
    const { digest, size } = layer.descriptor;
    if (knownDiffIds(this.#parts.state, digest).includes(layer.diffId)) return;
    const { signal } = this.#options;
    const stream = await this.#parts.content.openBlob({ digest, size }, signal === undefined ? {} : { signal });
    requireDiffId(layer, (await computeLayer(stream)).diffId);
  }

  async #requireContent(descriptor: Descriptor): Promise<void> {
    if (await this.has(descriptor)) return;
    const { digest, mediaType } = descriptor;
    if (isForeignLayerType(mediaType)) {
      throw engineError('LAYER_FOREIGN', `Cannot use the image: layer ${digest} is kept outside the registry (${mediaType})`);
    }
    throw engineError('CONTENT_MISSING', `Cannot use the image: layer ${digest} is not on this machine`);
  }
}
