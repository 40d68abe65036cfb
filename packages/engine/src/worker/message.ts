import type { JobKind } from './jobs.ts';
import type { SentError } from './sent-error.ts';

// What the processes say to each other, over Node's IPC channel with its advanced serialization.

export type ToWorker =
  | { readonly kind: 'run'; readonly id: number; readonly job: JobKind; readonly input: unknown }
  | { readonly kind: 'abort'; readonly id: number };

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'done'; readonly id: number; readonly output: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: SentError };
