import type { Descriptor, Digest, Reference } from '@slipway/oci';
import type { ImageDigest } from '../images/image-record.ts';

/** An image of an archive, known to be whole, and what it will be called. */
export interface PlannedImage {
  readonly manifest: Descriptor;
  /** The index that the names stand for. */
  readonly target?: Descriptor;
  readonly config: Descriptor;
  /** The lowest first. */
  readonly layers: readonly Descriptor[];
  readonly names: readonly Reference[];
  readonly digests: readonly ImageDigest[];
  /** Exact content that has to be there for manifest and target: theirs and their blobs, what refers to others last. */
  readonly content: readonly Descriptor[];
  /** The configs of all platforms. */
  readonly configs: ReadonlySet<Digest>;
}
