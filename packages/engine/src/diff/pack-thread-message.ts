import type { SharedRing } from '../unpack/piece-ring.ts';
import type { SentError } from '../worker/sent-error.ts';
import type { PackedFile } from './layer-file.ts';

export type ToPackThread =
  | { readonly kind: 'pack'; readonly output: string; readonly level: number; readonly ring: SharedRing }
  | { readonly kind: 'piece'; readonly lengthBytes: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'abort' };

/** One for each `pack`. */
export type FromPackThread =
  | { readonly kind: 'packed'; readonly file: PackedFile }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'failed'; readonly error: SentError };
