import { systemCodeOf } from '@slipway/base';
import type { Descriptor, Digest } from '@slipway/oci';
import type { LayerAlone, LayerUnpacker } from './layer-unpacker.ts';

type Settled = { readonly kind: 'done'; readonly layer: LayerAlone } | { readonly kind: 'failed'; readonly error: unknown };

interface EarlyLayer {
  readonly abort: AbortController;
  /** Never rejects: what went wrong matters only once it is known that the layer is one. */
  readonly settled: Promise<Settled>;
}

/** Layers that are unpacked before it is known which image they are for: while they arrive, or because they have been there. */
export class EarlyLayers implements AsyncDisposable {
  readonly #unpacker: LayerUnpacker;
  readonly #signal: AbortSignal | undefined;
  readonly #layers = new Map<Digest, EarlyLayer>();

  constructor(unpacker: LayerUnpacker, signal: AbortSignal | undefined) {
    this.#unpacker = unpacker;
    this.#signal = signal;
  }

  has(digest: Digest): boolean {
    return this.#layers.has(digest);
  }

  /** Unpacks content. */
  start(descriptor: Descriptor): void {
    if (!this.has(descriptor.digest)) this.#add(descriptor, (signal) => this.#unpacker.unpackAlone({ descriptor, signal }));
  }

  /** Unpacks a file that still grows. `stored` resolves when it has become content; when it rejects, the caller gives the layer up. */
  startGrowing(descriptor: Descriptor, growingFile: string, stored: Promise<void>): void {
    if (this.has(descriptor.digest)) return;
    let isStored = false;
    stored.then(
      () => {
        isStored = true;
      },
      () => undefined,
    );
    this.#add(descriptor, async (signal) => {
      try {
        return await this.#unpacker.unpackAlone({ descriptor, growingFile: () => (isStored ? undefined : growingFile), signal });
      } catch (error) {
        // It became content, and lost its name, just when a worker was free for it.
        if (systemCodeOf(error) !== 'ENOENT') throw error;
        await stored;
        return await this.#unpacker.unpackAlone({ descriptor, signal });
      }
    });
  }

  /** Hands the layer over, or throws what unpacking it did; undefined when there is none. */
  async take(digest: Digest): Promise<LayerAlone | undefined> {
    const early = this.#layers.get(digest);
    if (early === undefined) return undefined;
    const settled = await early.settled;
    this.#layers.delete(digest);
    if (settled.kind === 'failed') throw settled.error;
    return settled.layer;
  }

  /** Aborts the work and removes what it made. */
  async giveUp(digest: Digest, reason: unknown): Promise<void> {
    const early = this.#layers.get(digest);
    if (early === undefined) return;
    this.#layers.delete(digest);
    early.abort.abort(reason);
    const settled = await early.settled;
    if (settled.kind === 'done' && settled.layer.kind === 'unpacked') await this.#unpacker.remove(settled.layer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const reason = new Error('Cannot unpack the layer: nobody needs it any more');
    for (const { abort } of this.#layers.values()) abort.abort(reason);
    for (const digest of this.#layers.keys()) await this.giveUp(digest, reason);
  }

  #add({ digest }: Descriptor, unpack: (signal: AbortSignal) => Promise<LayerAlone>): void {
    const abort = new AbortController();
    const signal = this.#signal === undefined ? abort.signal : AbortSignal.any([abort.signal, this.#signal]);
    const settled = unpack(signal).then(
      (layer): Settled => ({ kind: 'done', layer }),
      (error: unknown): Settled => ({ kind: 'failed', error }),
    );
    this.#layers.set(digest, { abort, settled });
  }
}
