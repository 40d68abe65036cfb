import { Readable } from 'node:stream';
import { isAppError, Semaphore } from '@slipway/base';
import { type Descriptor, descriptorsOf, type Platform, parseManifest } from '@slipway/oci';
import type { ManifestContent, ManifestName } from '../repository/manifests.ts';
import type { Repository } from '../repository/repository.ts';
import { chooseChild } from './choose-platform.ts';
import { concurrencyOf } from './concurrency.ts';
import type { ContentSink } from './content.ts';
import type { OnTransferEvent } from './progress.ts';
import { runAll } from './run-all.ts';
import { SharedTransfers } from './shared-transfers.ts';
import { checkDepth, isManifestType, verifyManifest } from './verify-manifest.ts';

export interface FetchImageOptions {
  readonly source: Repository;
  readonly name: ManifestName;
  readonly sink: ContentSink;
  /** Which child of an index to fetch; `all` fetches every one. */
  readonly platform: Platform | 'all';
  /** How many blobs at once: 4 when absent, 10 at most. */
  readonly concurrency?: number;
  /** Shared by all calls with the same sink, the same layer is fetched once. */
  readonly shared?: SharedTransfers;
  readonly onProgress?: OnTransferEvent;
  readonly signal?: AbortSignal;
}

export interface FetchedImage {
  /** What the name stands for: an index or a manifest. */
  readonly descriptor: Descriptor;
  /** The manifest of the platform; the same as `descriptor` with `all`, or when there is no index. */
  readonly manifest: Descriptor;
}

/**
 * Brings an image with all it needs into the sink: what is missing, bounded, each digest once, every byte verified, manifests last.
 * Rejects when all work has ended. Errors: MANIFEST_UNKNOWN, PLATFORM_UNKNOWN, BLOB_UNKNOWN, DENIED, DIGEST_MISMATCH, SIZE_MISMATCH,
 * those of the network.
 */
export async function fetchImage(options: FetchImageOptions): Promise<FetchedImage> {
  return await new ImageFetch(options).run();
}

class ImageFetch {
  readonly #options: FetchImageOptions;
  readonly #shared: SharedTransfers;
  readonly #blobs: Semaphore;
  readonly #manifests: Semaphore;

  constructor(options: FetchImageOptions) {
    const concurrency = concurrencyOf(options);
    this.#options = options;
    this.#shared = options.shared ?? new SharedTransfers();
    this.#blobs = new Semaphore(concurrency);
    this.#manifests = new Semaphore(concurrency);
  }

  async run(): Promise<FetchedImage> {
    const { source, name, signal } = this.#options;
    const descriptor = await source.resolve(name, signal === undefined ? {} : { signal });
    this.#options.onProgress?.({ kind: 'resolved', descriptor });
    return { descriptor, manifest: await this.#fetchManifest(descriptor, { depth: 0, signal }) };
  }

  /** Resolves to the manifest that was wanted below: itself or a child. */
  async #fetchManifest(descriptor: Descriptor, at: Place): Promise<Descriptor> {
    checkDepth(at.depth, descriptor);
    const content = await this.#readManifest(descriptor, at.signal);
    const manifest = parseManifest(content.bytes, content.mediaType);
    this.#options.onProgress?.({ kind: 'manifest-read', descriptor, manifest });
    let wanted = descriptor;
    if (manifest.kind === 'index' && this.#options.platform !== 'all') {
      wanted = await this.#fetchManifest(chooseChild(manifest, this.#options.platform), { ...at, depth: at.depth + 1 });
    } else {
      const children = uniqueByDigest(descriptorsOf(manifest));
      const isIndex = manifest.kind === 'index';
      const fetchChild = async (child: Descriptor, signal: AbortSignal) => {
        if (isIndex && isManifestType(child.mediaType)) await this.#fetchManifest(child, { depth: at.depth + 1, signal });
        else await this.#fetchBlob(child, signal);
      };
      await runAll(children, fetchChild, at.signal);
    }
    await this.#keepManifest(descriptor, content, at.signal);
    return wanted;
  }

  async #readManifest(descriptor: Descriptor, signal: AbortSignal | undefined): Promise<ManifestContent> {
    const call = signal === undefined ? {} : { signal };
    const { sink, source } = this.#options;
    return await this.#manifests.run(async () => {
      const bytes = await sink.readManifest?.(descriptor, call);
      if (bytes === undefined) return await source.readManifest(descriptor.digest, call);
      verifyManifest(bytes, descriptor);
      return { bytes: Buffer.from(bytes), mediaType: descriptor.mediaType, digest: descriptor.digest };
    });
  }

  async #keepManifest(descriptor: Descriptor, content: ManifestContent, signal: AbortSignal | undefined): Promise<void> {
    const call = signal === undefined ? {} : { signal };
    const exact: Descriptor = { ...descriptor, size: content.bytes.length };
    const keep = async () => {
      if (await this.#options.sink.has(exact, call)) return;
      await this.#options.sink.write(exact, Readable.from([content.bytes], { objectMode: false }), call);
    };
    await this.#shared.run(descriptor.digest, keep, signal);
    this.#options.onProgress?.({ kind: 'manifest-done', descriptor: exact });
  }

  async #fetchBlob(descriptor: Descriptor, signal: AbortSignal): Promise<void> {
    const { digest, size: totalBytes } = descriptor;
    this.#options.onProgress?.({ kind: 'blob-waiting', digest, totalBytes });
    let how: 'exists' | 'transferred' = 'exists';
    const fetch = async () => {
      signal.throwIfAborted();
      if (await this.#options.sink.has(descriptor, { signal })) return;
      how = 'transferred';
      await this.#download(descriptor, signal);
    };
    // Who waits for another's transfer holds no place: the other one has it.
    await this.#shared.run(digest, async () => await this.#blobs.run(fetch), signal);
    this.#options.onProgress?.({ kind: 'blob-done', digest, totalBytes, how });
  }

  async #download(descriptor: Descriptor, signal: AbortSignal): Promise<void> {
    const { source, sink, onProgress } = this.#options;
    const { digest, size: totalBytes } = descriptor;
    const transfer = async () => {
      const report = (doneBytes: number) => onProgress?.({ kind: 'blob-progress', digest, doneBytes, totalBytes });
      const content = await source.openBlob(descriptor, {
        signal,
        onProgress: report,
        verify: sink.verifiesDigests === true ? 'size' : 'digest',
      });
      try {
        await sink.write(descriptor, content, { signal });
      } finally {
        content.destroy();
      }
    };
    try {
      await transfer();
    } catch (error) {
      // What a proxy damaged or cut short on its way comes right the second time; a damaged registry stays damaged.
      if (!isMismatch(error)) throw error;
      await transfer();
    }
  }
}

interface Place {
  readonly depth: number;
  readonly signal: AbortSignal | undefined;
}

/** Also where a sink says what it could not write. */
function isMismatch(error: unknown): boolean {
  const reasons = error instanceof Error ? [error, error.cause] : [];
  return reasons.some((reason) => isAppError(reason, 'DIGEST_MISMATCH') || isAppError(reason, 'SIZE_MISMATCH'));
}

export function uniqueByDigest(descriptors: readonly Descriptor[]): Descriptor[] {
  return [...new Map(descriptors.map((descriptor) => [descriptor.digest, descriptor])).values()];
}
