export interface Peeked {
  /** `byteCount` bytes, or all there are. */
  readonly first: Buffer;
  /** Everything, the first bytes included. Leaving it early closes the source. */
  readonly all: AsyncGenerator<Uint8Array, void, void>;
}

const NOTHING = Buffer.alloc(0);

/** Looks at the first bytes of a stream. Its chunks are kept, not copied. */
export async function peek(source: AsyncIterable<Uint8Array>, byteCount: number): Promise<Peeked> {
  const iterator = source[Symbol.asyncIterator]();
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  let isDone = false;
  while (sizeBytes < byteCount && !isDone) {
    const next = await iterator.next();
    if (next.done === true) {
      isDone = true;
    } else {
      pieces.push(next.value);
      sizeBytes += next.value.length;
    }
  }
  async function* all(): AsyncGenerator<Uint8Array, void, void> {
    try {
      yield NOTHING;
      yield* pieces;
      for (;;) {
        if (isDone) return;
        const next = await iterator.next();
        if (next.done === true) isDone = true;
        else yield next.value;
      }
    } finally {
      if (!isDone) await iterator.return?.();
    }
  }
  const started = all();
  // A generator that never started ends without its `finally`.
  await started.next();
  return { first: Buffer.concat(pieces), all: started };
}
