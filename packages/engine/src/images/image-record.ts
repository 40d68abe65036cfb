import type { Descriptor, Digest, Platform } from '@slipway/oci';

/** A name that stands for an image. `repository` is the whole one: `docker.io/library/app`. */
export interface ImageName {
  readonly repository: string;
  readonly tag: string;
  /** The manifest or index that was pulled or pushed under the name. */
  readonly target?: Digest;
}

/** Docker's RepoDigest: the manifest or index as it is known in a repository. */
export interface ImageDigest {
  readonly repository: string;
  readonly digest: Digest;
}

export interface ImageLayer {
  readonly diffId: Digest;
  readonly chainId: Digest;
}

/** An image of one platform on this machine. */
export interface ImageRecord {
  /** The digest of its config. */
  readonly id: Digest;
  /** Of the config, in bytes. */
  readonly configSize: number;
  readonly platform: Platform;
  /** As the config says it; RFC 3339. */
  readonly createdAt?: string;
  /** Sum of the sizes of all layers' regular files and of the lengths of symlinks' targets: docker's SIZE. */
  readonly sizeBytes: number;
  /** The lowest first. */
  readonly layers: readonly ImageLayer[];
  /** The exact manifests that are in content, in the order they came. */
  readonly manifests: readonly Descriptor[];
  /** Sorted by repository and tag. */
  readonly names: readonly ImageName[];
  /** Sorted by repository and digest. */
  readonly digests: readonly ImageDigest[];
}

/** A container, or something else, that needs an image. */
export interface ImageUser {
  /** The container's id. */
  readonly user: string;
  readonly description: string;
  readonly isRunning: boolean;
}
