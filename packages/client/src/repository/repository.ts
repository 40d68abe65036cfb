import type { Readable } from 'node:stream';
import { isAppError } from '@slipway/base';
import { type Descriptor, type Digest, parseManifest, type RepositoryName, type TagName } from '@slipway/oci';
import type { OpenContent } from './blob-upload.ts';
import { type MountOutcome, openUpload, statBlob } from './blobs.ts';
import { type OpenBlobOptions, openBlob } from './download.ts';
import {
  type CallOptions,
  deleteManifest,
  hasManifest,
  type ManifestContent,
  type ManifestName,
  type PushedManifest,
  type PushManifestOptions,
  pushManifest,
  readManifest,
  resolveManifest,
  statManifest,
} from './manifests.ts';
import { type PushBlobOptions, type PushBlobOutcome, pushBlob } from './push-blob.ts';
import { addToReferrersTag, type ListReferrersOptions, listReferrers } from './referrers.ts';
import type { Remote } from './remote.ts';
import { walkTags } from './tags.ts';

/** One repository of one registry. What is read is asked from each endpoint in turn (mirrors); what is written goes to the first. */
export class Repository {
  /** As people write it: `nginx`, `localhost:5000/app`. */
  readonly label: string;
  /** As the first endpoint knows it. */
  readonly name: RepositoryName;
  /** Where content is written: two repositories of the same registry can mount from each other. */
  readonly host: string;
  readonly #remotes: readonly [Remote, ...Remote[]];

  constructor(remotes: readonly [Remote, ...Remote[]]) {
    this.#remotes = remotes;
    this.label = remotes[0].label;
    this.name = remotes[0].name as RepositoryName;
    this.host = remotes[0].host.host;
  }

  /** The descriptor that a tag or a digest stands for. Errors: MANIFEST_UNKNOWN, DENIED. */
  async resolve(name: ManifestName, options: CallOptions = {}): Promise<Descriptor> {
    return await this.#read(async (remote) => await resolveManifest(remote, name, options));
  }

  /** As `resolve`, but undefined where there is none; one HEAD. */
  async statManifest(name: ManifestName, options: CallOptions = {}): Promise<Descriptor | undefined> {
    return await this.#read(async (remote) => await statManifest(remote, name, options));
  }

  /** Whether the first endpoint holds a manifest, asked as one who wants to push it. */
  async hasManifest(digest: Digest, options: CallOptions = {}): Promise<boolean> {
    return await hasManifest(this.#remotes[0], digest, options);
  }

  /** The exact bytes, verified. Errors: MANIFEST_UNKNOWN, DENIED, DIGEST_MISMATCH, MANIFEST_TOO_LARGE. */
  async readManifest(name: ManifestName, options: CallOptions = {}): Promise<ManifestContent> {
    return await this.#read(async (remote) => await readManifest(remote, name, options));
  }

  /** See `openBlob`: verified while it streams, resumed where it breaks. The caller owns the stream. */
  async openBlob(descriptor: Descriptor, options: OpenBlobOptions = {}): Promise<Readable> {
    return await this.#read(async (remote) => await openBlob(remote, descriptor, options));
  }

  async statBlob(digest: Digest, options: CallOptions = {}): Promise<{ readonly sizeBytes: number } | undefined> {
    return await this.#read(async (remote) => await statBlob(remote, digest, options));
  }

  /** Makes a blob of another repository of this registry part of this one. A session it opened instead is left to expire. */
  async mountBlob(digest: Digest, from: RepositoryName, options: CallOptions = {}): Promise<MountOutcome['kind']> {
    return (await openUpload(this.#remotes[0], { digest, from }, options)).kind;
  }

  /** See `pushBlob`: idempotent, and `open` may be called more than once. */
  async pushBlob(descriptor: Descriptor, open: OpenContent, options: PushBlobOptions = {}): Promise<PushBlobOutcome> {
    return await pushBlob(this.#remotes[0], { descriptor, open }, options);
  }

  /** Puts the bytes under their digest, or under each of the tags, and enters them as a referrer where the registry does not do so. */
  async pushManifest(manifest: ManifestContent, options: PushManifestOptions = {}): Promise<PushedManifest> {
    const pushed = await pushManifest(this.#remotes[0], manifest, options);
    if (pushed.isSubjectKnown || parseManifest(manifest.bytes, manifest.mediaType).subject === undefined) return pushed;
    const call = options.signal === undefined ? {} : { signal: options.signal };
    await addToReferrersTag(this.#remotes[0], manifest, call);
    return pushed;
  }

  /** Every tag, page after page. Errors: NAME_UNKNOWN, DENIED. */
  listTags(options: CallOptions = {}): AsyncIterable<TagName> {
    return walkTags(this.#remotes[0], options);
  }

  async listReferrers(digest: Digest, options: ListReferrersOptions = {}): Promise<Descriptor[]> {
    return await this.#read(async (remote) => await listReferrers(remote, digest, options));
  }

  async deleteManifest(digest: Digest, options: CallOptions = {}): Promise<void> {
    await deleteManifest(this.#remotes[0], digest, options);
  }

  /** Deletes the tag alone; registries of before distribution-spec 1.0 answer UNSUPPORTED. */
  async deleteTag(tag: TagName, options: CallOptions = {}): Promise<void> {
    await deleteManifest(this.#remotes[0], tag, options);
  }

  /** The first endpoint's answer; a later endpoint's when the ones before lack it, refuse it or cannot be reached. */
  async #read<T>(ask: (remote: Remote) => Promise<T>): Promise<T> {
    let failure: unknown;
    for (const remote of this.#remotes) {
      try {
        return await ask(remote);
      } catch (error) {
        if (!isAppError(error) || !['not-found', 'denied', 'unauthenticated', 'unavailable', 'exhausted'].includes(error.kind)) throw error;
        failure ??= error;
      }
    }
    throw failure;
  }
}
