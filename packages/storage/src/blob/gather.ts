import type { Readable } from 'node:stream';
import { storageError } from '../errors.ts';
import type { Flushable, GatherBudget } from './gather-budget.ts';

export interface GatherOptions {
  readonly source: Readable;
  readonly budget: GatherBudget;
  /** Takes one batch at a time; owns it until it resolves. */
  readonly write: (chunks: readonly Uint8Array[], sizeBytes: number) => Promise<void>;
  /** Bytes to take at most. */
  readonly maxBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How the source ended: by itself, by having more than `maxBytes`, or broken off. Everything that came was written. */
export type GatherEnd =
  | { readonly kind: 'ended'; readonly sizeBytes: number }
  | { readonly kind: 'excess'; readonly sizeBytes: number }
  | { readonly kind: 'broken'; readonly error: unknown; readonly sizeBytes: number };

const BATCH_BYTES = 1024 * 1024;
/** One `writev` takes no more pieces than this (IOV_MAX); also bounds the cost of a source of tiny chunks. */
const BATCH_CHUNKS = 1024;

/**
 * Moves `source` into `write` in batches of about 1 MiB, one write under way while the next batch gathers; pauses the source when both are
 * full. Rejects only when a write failed. The source is left paused, not destroyed, when it had more to say.
 */
export async function gather(options: GatherOptions): Promise<GatherEnd> {
  return await new Gatherer(options).run();
}

/** Runs `work`, in which `source` may have to wait for its turn: nobody else listens then, and an unheard 'error' would end the process. */
export async function hearing<T>(source: Readable, work: () => Promise<T>): Promise<T> {
  const hear = (): void => undefined;
  source.on('error', hear);
  try {
    return await work();
  } finally {
    source.off('error', hear);
  }
}

class Gatherer implements Flushable {
  readonly #options: GatherOptions;
  readonly #settled = Promise.withResolvers<GatherEnd>();
  #chunks: Uint8Array[] = [];
  #gatheredBytes = 0;
  #totalBytes = 0;
  #writing = false;
  #paused = false;
  #end: GatherEnd | undefined;

  constructor(options: GatherOptions) {
    this.#options = options;
  }

  async run(): Promise<GatherEnd> {
    const { source, signal } = this.#options;
    source.on('error', this.#onError).on('close', this.#onClose).on('end', this.#onEnd);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
    else if (source.readableEnded) this.#onEnd();
    else if (source.errored || source.destroyed) this.#onClose();
    // Listening for data also starts the flow; a source that was paused on purpose needs to be told.
    else source.on('data', this.#onData).resume();
    try {
      return await this.#settled.promise;
    } finally {
      this.#discard();
      this.#detach();
    }
  }

  flush(): void {
    if (this.#writing || this.#gatheredBytes === 0) return;
    const chunks = this.#chunks;
    const sizeBytes = this.#gatheredBytes;
    this.#chunks = [];
    this.#gatheredBytes = 0;
    this.#writing = true;
    this.#options.budget.withdraw(this);
    this.#options.write(chunks, sizeBytes).then(
      () => {
        this.#written(sizeBytes);
        this.#proceed();
      },
      (error: unknown) => {
        this.#written(sizeBytes);
        this.#settled.reject(error);
      },
    );
  }

  #written(sizeBytes: number): void {
    this.#writing = false;
    this.#options.budget.remove(sizeBytes);
  }

  readonly #onData = (data: Uint8Array | string): void => {
    const { maxBytes, budget } = this.#options;
    const chunk = typeof data === 'string' ? Buffer.from(data) : data;
    const room = maxBytes === undefined ? chunk.length : maxBytes - this.#totalBytes;
    const taken = chunk.length > room ? chunk.subarray(0, room) : chunk;
    if (taken.length > 0) this.#hold(taken);
    if (chunk.length > room) this.#stop({ kind: 'excess', sizeBytes: this.#totalBytes });
    else if (this.#isFull()) this.flush();
    if (this.#writing && (this.#isFull() || budget.isExceeded)) this.#pause();
  };

  #hold(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#gatheredBytes += chunk.length;
    this.#totalBytes += chunk.length;
    if (!this.#writing) this.#options.budget.enroll(this);
    this.#options.budget.add(chunk.length);
  }

  #isFull(): boolean {
    return this.#gatheredBytes >= BATCH_BYTES || this.#chunks.length >= BATCH_CHUNKS;
  }

  /** After a write, or after the source ended. */
  #proceed(): void {
    if (this.#writing) return;
    if (this.#end !== undefined) {
      if (this.#gatheredBytes === 0) this.#settled.resolve(this.#end);
      else this.flush();
      return;
    }
    if (this.#isFull() || this.#options.budget.isExceeded) this.flush();
    else if (this.#gatheredBytes > 0) this.#options.budget.enroll(this);
    if (this.#paused) {
      this.#paused = false;
      this.#options.source.resume();
    }
  }

  #stop(end: GatherEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    if (end.kind !== 'ended') this.#pause();
    this.#options.source.off('data', this.#onData);
    this.#proceed();
  }

  #pause(): void {
    this.#paused = true;
    this.#options.source.pause();
  }

  #discard(): void {
    this.#options.budget.withdraw(this);
    this.#options.budget.remove(this.#gatheredBytes);
    this.#chunks = [];
    this.#gatheredBytes = 0;
  }

  #detach(): void {
    const { source, signal } = this.#options;
    source.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError).off('close', this.#onClose);
    if (!source.readableEnded) source.pause();
    signal?.removeEventListener('abort', this.#onAbort);
  }

  readonly #onEnd = (): void => this.#stop({ kind: 'ended', sizeBytes: this.#totalBytes });

  readonly #onError = (error: unknown): void => this.#stop({ kind: 'broken', error, sizeBytes: this.#totalBytes });

  readonly #onClose = (): void => {
    const { source } = this.#options;
    this.#onError(source.errored ?? storageError('ECANCELED', 'Cannot receive the bytes: the sender closed before the end'));
  };

  readonly #onAbort = (): void => this.#onError(this.#options.signal?.reason);
}
