import { Semaphore } from '@slipway/base';
import {
  algorithmOf,
  type Descriptor,
  type Digest,
  descriptorsOf,
  hexOf,
  type ParsedManifest,
  parseManifest,
  parseTagName,
  type RepositoryName,
  referencesOf,
  type TagName,
} from '@slipway/oci';
import type { ManifestContent, ManifestName } from '../repository/manifests.ts';
import type { Repository } from '../repository/repository.ts';
import { concurrencyOf } from './concurrency.ts';
import type { ContentSource } from './content.ts';
import type { OnTransferEvent } from './progress.ts';
import { runAll } from './run-all.ts';
import { SharedTransfers } from './shared-transfers.ts';
import { checkDepth, isManifestType, verifyManifest } from './verify-manifest.ts';

export interface PushOptions {
  readonly source: PushSource;
  readonly target: Repository;
  /** Repositories of the target's registry that may have the blobs. */
  readonly mountFrom?: readonly RepositoryName[];
  /** Whether signatures, SBOMs and other referrers travel along, theirs included; and the tags in which cosign keeps them. */
  readonly referrers?: boolean;
  /** How many blobs at once: 4 when absent, 10 at most. */
  readonly concurrency?: number;
  readonly onProgress?: OnTransferEvent;
  readonly signal?: AbortSignal;
}

/** A `Repository` can look for the tags that cosign made before there were referrers; a local store need not. */
export interface PushSource extends ContentSource {
  statManifest?(name: ManifestName, options?: { readonly signal?: AbortSignal }): Promise<Descriptor | undefined>;
}

/** Remembers what it pushed: no manifest is looked at twice. */
export class ImagePush {
  readonly #options: PushOptions;
  readonly #shared = new SharedTransfers();
  readonly #blobs: Semaphore;
  readonly #manifests: Semaphore;
  readonly #doneBlobs = new Set<Digest>();
  readonly #doneManifests = new Set<Digest>();

  constructor(options: PushOptions) {
    const concurrency = concurrencyOf(options);
    this.#options = options;
    this.#blobs = new Semaphore(concurrency);
    this.#manifests = new Semaphore(concurrency);
  }

  async push(image: Descriptor, tags: readonly TagName[]): Promise<Descriptor> {
    this.#options.onProgress?.({ kind: 'resolved', descriptor: image });
    return await this.#pushManifest(image, { tags, depth: 0, signal: this.#options.signal });
  }

  async #pushManifest(descriptor: Descriptor, at: Place): Promise<Descriptor> {
    checkDepth(at.depth, descriptor);
    const { source, target } = this.#options;
    const call = at.signal === undefined ? {} : { signal: at.signal };
    const isDone = this.#doneManifests.has(descriptor.digest);
    if (isDone && at.tags.length === 0) return descriptor;
    const content = await this.#manifests.run(async () => await source.readManifest(descriptor.digest, call));
    verifyManifest(content.bytes, descriptor);
    const manifest = parseManifest(content.bytes, content.mediaType);
    if (!isDone) this.#options.onProgress?.({ kind: 'manifest-read', descriptor, manifest });
    // A registry takes a manifest only with all it refers to: if it is there, so is the rest.
    const isThere = isDone || (await this.#manifests.run(async () => await target.hasManifest(descriptor.digest, call)));
    if (!isThere) await this.#pushChildren(manifest, at);
    if (!isThere || at.tags.length > 0) {
      await this.#manifests.run(async () => await target.pushManifest(content, { tags: at.tags, ...call }));
    }
    const exact: Descriptor = { ...descriptor, mediaType: content.mediaType, size: content.bytes.length };
    this.#options.onProgress?.({ kind: 'manifest-done', descriptor: exact });
    this.#doneManifests.add(descriptor.digest);
    if (!isDone && this.#options.referrers === true) await this.#pushReferrers(content, isThere, at);
    return exact;
  }

  async #pushChildren(manifest: ParsedManifest, at: Place): Promise<void> {
    const optional = new Set(referencesOf(manifest).flatMap((reference) => (reference.optional ? [reference.digest] : [])));
    const children = new Map(
      descriptorsOf(manifest).flatMap((child) => (optional.has(child.digest) ? [] : [[child.digest, child] as const])),
    );
    const pushChild = async (child: Descriptor, signal: AbortSignal) => {
      const isManifest = manifest.kind === 'index' && isManifestType(child.mediaType);
      if (isManifest) await this.#pushManifest(child, { tags: [], depth: at.depth + 1, signal });
      else await this.#pushBlob(child, signal);
    };
    await runAll(children.values(), pushChild, at.signal);
  }

  async #pushBlob(descriptor: Descriptor, signal: AbortSignal): Promise<void> {
    if (this.#doneBlobs.has(descriptor.digest)) return;
    const { source, target, mountFrom = [], onProgress } = this.#options;
    const { digest, size: totalBytes } = descriptor;
    onProgress?.({ kind: 'blob-waiting', digest, totalBytes });
    const push = async () => {
      signal.throwIfAborted();
      const open = async (offset: number) => await source.openBlob(descriptor, { offset, signal });
      const report = (doneBytes: number) => onProgress?.({ kind: 'blob-progress', digest, doneBytes, totalBytes });
      const outcome = await target.pushBlob(descriptor, open, { mountFrom, onProgress: report, signal });
      this.#doneBlobs.add(digest);
      const how = outcome.kind === 'uploaded' ? 'transferred' : outcome.kind;
      onProgress?.({ kind: 'blob-done', digest, totalBytes, how, ...(outcome.kind === 'mounted' ? { from: outcome.from } : {}) });
    };
    await this.#shared.run(digest, async () => await this.#blobs.run(push), signal);
  }

  /** Children that were not looked at, because the index was there, may still have new referrers. */
  async #pushReferrers(content: ManifestContent, hasSkippedChildren: boolean, at: Place): Promise<void> {
    const { source } = this.#options;
    const call = at.signal === undefined ? {} : { signal: at.signal };
    const manifest = parseManifest(content.bytes, content.mediaType);
    if (manifest.kind === 'index' && hasSkippedChildren) {
      const children = manifest.manifests.filter(({ mediaType }) => isManifestType(mediaType));
      await runAll(
        children,
        async (child, signal) => void (await this.#pushManifest(child, { tags: [], depth: at.depth + 1, signal })),
        at.signal,
      );
    }
    const referrers = (await source.listReferrers?.(content.digest, call)) ?? [];
    for (const referrer of referrers) await this.#pushManifest(referrer, { ...at, tags: [], depth: at.depth + 1 });
    for (const tag of cosignTagsOf(content.digest)) {
      const signature = await source.statManifest?.(tag, call);
      if (signature !== undefined) await this.#pushManifest(signature, { ...at, tags: [tag], depth: at.depth + 1 });
    }
  }
}

interface Place {
  readonly tags: readonly TagName[];
  readonly depth: number;
  readonly signal: AbortSignal | undefined;
}

/** Where cosign keeps signatures, attestations and SBOMs without the referrers API. */
function cosignTagsOf(digest: Digest): TagName[] {
  if (algorithmOf(digest) !== 'sha256') return [];
  return ['sig', 'att', 'sbom'].map((suffix) => parseTagName(`sha256-${hexOf(digest)}.${suffix}`));
}
