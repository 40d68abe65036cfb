const DEFAULT_CONCURRENCY = 4;
const MAX_CONCURRENCY = 10;

/**
 * How many blobs travel at once. Bounded, because a copy within one registry holds a connection to read while it waits for one to write:
 * if reading took all there are, it would wait for ever.
 */
export function concurrencyOf({ concurrency = DEFAULT_CONCURRENCY }: { readonly concurrency?: number }): number {
  return Math.min(MAX_CONCURRENCY, Math.max(1, concurrency));
}
