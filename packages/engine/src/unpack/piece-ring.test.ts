import { afterEach, describe, expect, it, vi } from 'vitest';
import { createRingPair } from './piece-ring.ts';

afterEach(() => vi.restoreAllMocks());

describe('RingWriter', () => {
  it('does not sleep through a stop that comes just before it waits', () => {
    const { writer, reader } = createRingPair(() => undefined);
    const wait = Atomics.wait;
    const outcomes: string[] = [];
    vi.spyOn(Atomics, 'wait').mockImplementation((...[state, index, value]: unknown[]) => {
      reader.stop();
      const outcome = wait(state as Int32Array, index as number, value as number, 100);
      outcomes.push(outcome);
      if (outcome === 'timed-out') throw new Error('nobody would wake it up');
      return outcome;
    });
    expect(() => writer.write(Buffer.alloc(4 * 1024 * 1024))).toThrow('not wanted any more');
    expect(outcomes).toEqual(['not-equal']);
  });
});
