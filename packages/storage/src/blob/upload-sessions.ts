import { KeyedLock } from '@slipway/base';
import { storageError } from '../errors.ts';

/** Runs the work on uploads: one piece at a time for each upload, in order of arrival, and able to be called off. */
export class UploadSessions {
  readonly #lock = new KeyedLock();
  readonly #running = new Map<string, Set<AbortController>>();
  readonly #work = new Set<Promise<unknown>>();
  #closed = false;

  /** `signal` tells the work to stop: by `cancel`, by `close`, or by the caller's own signal. */
  async run<T>(id: string, work: (signal: AbortSignal) => Promise<T>, outer?: AbortSignal): Promise<T> {
    if (this.#closed) throw closing();
    const controller = new AbortController();
    const forward = (): void => controller.abort(outer?.reason);
    outer?.addEventListener('abort', forward, { once: true });
    if (outer?.aborted) forward();
    const others = this.#running.get(id) ?? new Set();
    this.#running.set(id, others.add(controller));
    const running = this.#lock.run(id, () => work(controller.signal));
    this.#work.add(running);
    try {
      return await running;
    } finally {
      this.#work.delete(running);
      outer?.removeEventListener('abort', forward);
      others.delete(controller);
      if (others.size === 0 && this.#running.get(id) === others) this.#running.delete(id);
    }
  }

  /** Calls off what runs or waits for this upload, then runs `work` after it. */
  async cancel<T>(id: string, reason: unknown, work: () => Promise<T>): Promise<T> {
    for (const controller of this.#running.get(id) ?? []) controller.abort(reason);
    return await this.run(id, work);
  }

  /** Calls off everything and waits for it. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const controllers of this.#running.values()) for (const controller of controllers) controller.abort(closing());
    await Promise.allSettled(this.#work);
  }
}

function closing() {
  return storageError('ECANCELED', 'Cannot go on with the upload: the store is closing');
}
