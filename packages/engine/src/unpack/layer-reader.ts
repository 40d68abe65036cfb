import type { LayerDigests } from '@slipway/oci/node';
import type { BlobFile } from './unpack-input.ts';

export interface LayerToRead {
  readonly blob: BlobFile;
  readonly isGrowing: boolean;
  readonly igzip?: string | undefined;
  readonly limitBytes?: number | undefined;
}

export interface ReadLayerOptions {
  readonly signal: AbortSignal;
  /**
   * Called with each piece of the tar, in order. The piece is valid during the call. What it throws ends the reading.
   */
  readonly onTar: (piece: Buffer) => void;
  /** Called now and then with how much of the blob was read. */
  readonly onProgress: (doneBytes: number) => void;
}

/** Reads a layer's blob to its end and hands its tar on. Errors: those of `openLayer`; what `onTar` threw; the signal's reason. */
export type LayerReader = (layer: LayerToRead, options: ReadLayerOptions) => Promise<LayerDigests>;
