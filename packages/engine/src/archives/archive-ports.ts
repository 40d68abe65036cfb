import type { Descriptor, Digest, Reference } from '@slipway/oci';
import type { ContentStore } from '../content/content-store.ts';
import type { ImageStore } from '../images/image-store.ts';
import type { FinishOptions } from '../receive/image-receiver.ts';

/** What archives need of the content store to read it. */
export type ReadableContent = Pick<ContentStore, 'stat' | 'read' | 'openBlob'>;

/** What archives need of the content store to fill it. */
export type WritableContent = Pick<ContentStore, 'stat' | 'read' | 'openBlob' | 'write' | 'put' | 'createFile'>;

/** Which images and layers there are already. */
export type KnownImages = Pick<ImageStore, 'find' | 'layerBlobs'>;

/** Images on their way in: see `ImageReceiver`. */
export interface LoadReceiver extends AsyncDisposable {
  has(descriptor: Descriptor): Promise<boolean>;
  /** Told of each layer that docker's archives hold as a plain tar, once it is in content: long before it is known which image it is for. */
  expectLayer(descriptor: Descriptor): void;
  finish(image: FinishOptions): Promise<{ readonly id: Digest }>;
}

/** An image to be written, with names that need not be its own. */
export interface ImageToSave {
  /** What the names stand for: a manifest, or an index that is there with all its platforms. */
  readonly target: Descriptor;
  /** The manifest of the platform that readers without indexes get; the same as `target` unless that is an index. */
  readonly manifest: Descriptor;
  /** With tags. Without names the image is known by its id alone. */
  readonly names: readonly Reference[];
}
