/**
 * Runs all work at once, and resolves or rejects only when all of it has ended: the first failure aborts the rest and is what it rejects
 * with. Bounding is the work's own matter.
 */
export async function runAll<Item>(
  items: Iterable<Item>,
  work: (item: Item, signal: AbortSignal) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const failing = new AbortController();
  const combined = signal === undefined ? failing.signal : AbortSignal.any([signal, failing.signal]);
  let failure: { readonly error: unknown } | undefined;
  const runs = [...items].map(async (item) => {
    try {
      await work(item, combined);
    } catch (error) {
      failure ??= { error };
      failing.abort(error);
    }
  });
  await Promise.all(runs);
  signal?.throwIfAborted();
  if (failure !== undefined) throw failure.error;
}
