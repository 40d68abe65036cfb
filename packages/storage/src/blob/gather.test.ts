import { PassThrough, Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gather } from './gather.ts';
import { GatherBudget } from './gather-budget.ts';

/** Takes a few turns of the event loop for each batch, and notices a second write under way. */
function slowWriter(turns = 1) {
  const batches: Buffer[] = [];
  let writing = false;
  const write = async (chunks: readonly Uint8Array[], sizeBytes: number): Promise<void> => {
    expect(writing).toBe(false);
    writing = true;
    for (let index = 0; index < turns; index += 1) await turn();
    const batch = Buffer.concat(chunks);
    expect(batch.length).toBe(sizeBytes);
    batches.push(batch);
    writing = false;
  };
  return { batches, write, bytes: () => Buffer.concat(batches) };
}

describe('gather()', () => {
  it('writes exactly what came, whatever the chunks, the limit and the budget', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 30 }),
      fc.option(fc.nat(4000), { nil: undefined }),
      fc.nat(2000),
      fc.nat(2),
      async (chunks, maxBytes, budgetBytes, turns) => {
        const all = Buffer.concat(chunks);
        const budget = new GatherBudget(budgetBytes);
        const { write, bytes } = slowWriter(turns);
        const source = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
        const end = await gather({ source, budget, write, maxBytes });
        const expected = all.subarray(0, maxBytes ?? all.length);
        expect(bytes().equals(expected)).toBe(true);
        expect(end).toEqual({ kind: expected.length < all.length ? 'excess' : 'ended', sizeBytes: expected.length });
        expect(budget.usedBytes).toBe(0);
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });

  it('gathers large batches while a write is under way, and pauses the source when both are full', async () => {
    const budget = new GatherBudget(1 << 30);
    const { batches, write } = slowWriter(50);
    const source = new PassThrough({ highWaterMark: 1 << 16 });
    const gathering = gather({ source, budget, write });
    for (let index = 0; index < 200; index += 1) {
      source.write(Buffer.alloc(65_536, index));
      await turn();
      expect(budget.usedBytes).toBeLessThanOrEqual(2 * 1024 * 1024 + 65_536);
    }
    source.end();
    await gathering;
    for (const batch of batches.slice(0, -1)) expect(batch.length).toBeGreaterThanOrEqual(1024 * 1024);
  });

  it('rejects with the error of a failed write, leaving the source paused and unheard', async () => {
    const budget = new GatherBudget(1 << 30);
    const source = new PassThrough({ highWaterMark: 4 << 20 });
    source.write(Buffer.alloc(1_500_000));
    const write = () => Promise.reject(new Error('disk gone'));
    await expect(gather({ source, budget, write })).rejects.toThrow('disk gone');
    expect(source.isPaused()).toBe(true);
    expect(source.destroyed).toBe(false);
    expect(source.listenerCount('data')).toBe(0);
    expect(budget.usedBytes).toBe(0);
  });

  it('makes idle holders write when others exceed the budget', async () => {
    const budget = new GatherBudget(1000);
    const idle = slowWriter();
    const source = new PassThrough();
    const gathering = gather({ source, budget, write: idle.write });
    source.write(Buffer.alloc(600));
    await turn();
    expect(idle.batches).toHaveLength(0);
    const other = slowWriter();
    await gather({ source: Readable.from([Buffer.alloc(600)]), budget, write: other.write });
    await expect.poll(() => idle.batches.length).toBe(1);
    source.end();
    expect(await gathering).toEqual({ kind: 'ended', sizeBytes: 600 });
  });
});
