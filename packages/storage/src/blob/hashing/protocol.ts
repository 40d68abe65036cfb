import type { DigestAlgorithm } from '@slipway/oci';

/** What the hashing thread is asked; each question is answered, in order, with the same `sequence`. */
export type HashQuestion =
  | {
      readonly kind: 'update';
      readonly sequence: number;
      readonly key: number;
      readonly algorithm: DigestAlgorithm;
      /** Shared: the asker leaves it alone until the answer. */
      readonly memory: SharedArrayBuffer;
      readonly lengthBytes: number;
    }
  | { readonly kind: 'digest'; readonly sequence: number; readonly key: number };

export interface HashAnswer {
  readonly sequence: number;
  /** Of `digest`: hexadecimal; absent when the thread has forgotten the state. */
  readonly hex?: string;
}
