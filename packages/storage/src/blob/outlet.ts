import type { Writable } from 'node:stream';
import type { Clock } from '@slipway/base';
import { storageError } from '../errors.ts';
import type { Buffers } from './buffer-pool.ts';

export interface OutletOptions {
  readonly target: Writable;
  readonly buffers: Buffers;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** Writes on their way at once: one that the target takes, one that waits, so that reading the next overlaps with writing. */
const MAX_PENDING = 2;
/** A target slower than this, in bytes per millisecond (4 MiB/s), gets small buffers: large ones would only wait in it. */
const SLOW_BYTES_PER_MS = 4096;
const SMALL_BYTES = 64 * 1024;

/**
 * The sending end of one transfer: knows which buffers the target still holds, and why the transfer must stop. A buffer goes back to be
 * reused only when its write called back without an error; when the target closed with writes pending, they are dropped instead.
 */
export class Outlet {
  readonly #target: Writable;
  readonly #buffers: Buffers;
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #pending = new Set<Buffer>();
  #failure: { readonly error: unknown } | undefined;
  #slow = false;
  #wake: (() => void) | undefined;

  constructor(options: OutletOptions) {
    this.#target = options.target;
    this.#buffers = options.buffers;
    this.#clock = options.clock;
    this.#signal = options.signal;
    this.#target.on('close', this.#onClose);
    this.#target.on('error', this.#onError);
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (this.#signal?.aborted) this.#onAbort();
    else if (this.#target.destroyed) this.#onClose();
  }

  /** A buffer to fill and hand to `write` (or to `giveBack`), as soon as the target is ready for one more. */
  async takeBuffer(wantedBytes: number): Promise<Buffer> {
    while (this.#pending.size >= MAX_PENDING && this.#failure === undefined) await this.#change();
    this.throwIfFailed();
    return this.#buffers.take(this.#slow ? Math.min(wantedBytes, SMALL_BYTES) : wantedBytes);
  }

  giveBack(buffer: Buffer): void {
    this.#buffers.give(buffer);
  }

  /** Hands the first `lengthBytes` of the buffer to the target. */
  write(buffer: Buffer, lengthBytes: number): void {
    const startedMs = this.#clock.monotonicMs();
    this.#pending.add(buffer);
    this.#target.write(lengthBytes === buffer.length ? buffer : buffer.subarray(0, lengthBytes), (error) => {
      // Absent: the target closed first, and the buffer was dropped.
      if (!this.#pending.delete(buffer)) return;
      if (error) {
        this.#buffers.drop(buffer);
        this.#fail(this.#closed(error));
      } else {
        this.#buffers.give(buffer);
        this.#slow = lengthBytes >= SMALL_BYTES && (this.#clock.monotonicMs() - startedMs) * SLOW_BYTES_PER_MS > lengthBytes;
        this.#notify();
      }
      if (this.#pending.size === 0 && this.#failure !== undefined) this.#target.off('close', this.#onClose);
    });
  }

  /** Resolves once the target has taken everything. */
  async drain(): Promise<void> {
    while (this.#pending.size > 0 && this.#failure === undefined) await this.#change();
    this.throwIfFailed();
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Lets go of the target. Writes it still holds are settled by their callbacks, or by its closing: some targets never call back then. */
  release(): void {
    this.#failure ??= { error: undefined };
    this.#target.off('error', this.#onError);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    if (this.#pending.size === 0) this.#target.off('close', this.#onClose);
  }

  readonly #onClose = (): void => {
    this.#target.off('close', this.#onClose);
    for (const buffer of this.#pending) this.#buffers.drop(buffer);
    this.#pending.clear();
    this.#fail(this.#closed(undefined));
  };

  readonly #onError = (error: Error): void => this.#fail(error);

  readonly #onAbort = (): void => this.#fail(this.#signal?.reason);

  #closed(cause: unknown): unknown {
    return this.#target.errored ?? storageError('ECANCELED', 'Cannot send the blob: the receiving side closed early', { cause });
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#notify();
  }

  #change(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return promise;
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
