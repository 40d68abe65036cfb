import type { Descriptor, Digest, ImageConfig, Reference } from '@slipway/oci';
import type { Lease } from '../leases/lease.ts';
import type { ImageDigest, ImageName, ImageRecord, ImageUser } from './image-record.ts';

export interface AddImageOptions {
  /** Holds config, manifests and index, which are in content, and the layers, until this resolves. */
  readonly lease: Lease;
  /** The config's descriptor. */
  readonly config: Pick<Descriptor, 'digest' | 'size'>;
  /** Exact manifests of this image that are in content; none for an image that was just built or loaded from an old archive. */
  readonly manifests: readonly Descriptor[];
  /** The index that the manifest was chosen from; in content. */
  readonly index?: Descriptor;
  /** With tags. Each is taken away from the image that had it, and stands for the index, else for the first manifest. */
  readonly names: readonly Reference[];
  readonly digests: readonly ImageDigest[];
  /** The size of each layer by diffId, its files as docker's SIZE counts them. A layer that is neither here nor known counts with the size of its blob. */
  readonly layerSizes: ReadonlyMap<Digest, number>;
}

export interface RemoveImageOptions {
  readonly force?: boolean;
}

export interface PruneImagesOptions {
  /** All that no container uses, not only the dangling ones. */
  readonly all?: boolean;
  /** Only images created before this moment, milliseconds since the epoch. */
  readonly untilMs?: number;
  /** `key` or `key=value`: images need all of them. */
  readonly labels?: readonly string[];
  /** `key` or `key=value`: images that have one of them stay. */
  readonly withoutLabels?: readonly string[];
}

/** `name` as docker prints it: `app:latest`, `app@sha256:…`. `digest`: an image's id, then the chainIds of the layers no other image has, from the top. */
export type RemovalEvent = { readonly kind: 'untagged'; readonly name: string } | { readonly kind: 'deleted'; readonly digest: Digest };

export interface PruneOutcome {
  readonly events: readonly RemovalEvent[];
  /** Sizes of the unpacked layers that went, as docker counts them. */
  readonly reclaimedBytes: number;
}

/** A compressed or plain form of a layer in content. Content itself says whether it still is there. */
export interface LayerBlob {
  readonly diffId: Digest;
  readonly descriptor: Descriptor;
}

/** The images of this machine. Removal only forgets: `collect` frees the bytes. */
export interface ImageStore {
  /** The newest first, as docker. A few questions whatever the number of images. */
  list(): readonly ImageRecord[];
  get(id: Digest): ImageRecord | undefined;
  /**
   * Docker's way: a reference (`app`, `app:tag`, `app@sha256:…`; with both tag and digest, the digest decides), then an id, whole or its first digits, with
   * or without `sha256:`. Errors: REFERENCE_INVALID, IMAGE_AMBIGUOUS (invalid).
   */
  find(text: string): ImageRecord | undefined;
  /** As `find`. Errors: IMAGE_UNKNOWN (not-found) in docker's words. */
  require(text: string): ImageRecord;
  /** Errors: CONTENT_MISSING, IMAGE_CONFIG_INVALID. */
  readConfig(record: Pick<ImageRecord, 'id' | 'configSize'>): Promise<{ readonly config: ImageConfig; readonly bytes: Buffer }>;
  /** Adds an image, or to what is known of it. Reads its config and manifests from content. Errors: CONTENT_MISSING, IMAGE_INVALID, *_INVALID. */
  add(options: AddImageOptions): Promise<ImageRecord>;
  /** Records a manifest for an image that is there, as packing makes it; its layers become known forms of the image's layers. */
  addManifest(id: Digest, manifest: Descriptor): Promise<ImageRecord>;
  /** Records under which digest a repository has the image, as a push learns it. */
  addDigest(id: Digest, digest: ImageDigest): Promise<void>;
  /** Names an image; another one that had the name loses it and may stay without any. Errors: TAG_REFUSED, IMAGE_UNKNOWN. */
  tag(id: Digest, reference: Reference, target?: Digest): Promise<ImageName>;
  /** Docker's rules of `rmi`. Errors: IMAGE_UNKNOWN, IMAGE_CONFLICT. */
  remove(text: string, options?: RemoveImageOptions): Promise<readonly RemovalEvent[]>;
  prune(options?: PruneImagesOptions): Promise<PruneOutcome>;
  /** Records that a container needs the image, or how it stands. Errors: IMAGE_UNKNOWN. */
  use(id: Digest, user: ImageUser): Promise<void>;
  /** The user needs it no longer. Idempotent. */
  release(id: Digest, user: string): Promise<void>;
  /** Every use of every image. */
  uses(): ReadonlyMap<Digest, readonly ImageUser[]>;
  /** Known forms of the layers, the latest first. */
  layerBlobs(diffIds: readonly Digest[]): readonly LayerBlob[];
  /** Records a form of a layer. It is collected with the last image that has the layer. */
  addLayerBlob(blob: LayerBlob): Promise<void>;
  /** Known sizes of layers, as docker's SIZE counts them. */
  layerSizes(diffIds: readonly Digest[]): ReadonlyMap<Digest, number>;
}
