/**
 * Passes chunks on until the signal fires: then throws its reason at once, even while the source is silent. The source is told to close when
 * the taker leaves early, and waited for unless it was aborted.
 */
export async function* abortable<Chunk>(source: AsyncIterable<Chunk>, signal: AbortSignal | undefined): AsyncGenerator<Chunk, void, void> {
  if (signal === undefined) {
    yield* source;
    return;
  }
  const iterator = source[Symbol.asyncIterator]();
  let isDone = false;
  try {
    for (;;) {
      const next = await nextOrAbort(iterator, signal);
      if (next.done === true) break;
      yield next.value;
    }
    isDone = true;
  } finally {
    if (!isDone) {
      // A generator closes only once it has answered: one that hangs would hold the abort up.
      const closed = Promise.resolve(iterator.return?.()).catch(() => undefined);
      if (!signal.aborted) await closed;
    }
  }
}

async function nextOrAbort<Chunk>(iterator: AsyncIterator<Chunk>, signal: AbortSignal): Promise<IteratorResult<Chunk, unknown>> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<Chunk, unknown>>();
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  iterator.next().then(resolve, reject);
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
