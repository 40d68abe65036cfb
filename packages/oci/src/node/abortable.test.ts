import { describe, expect, test } from 'vitest';
import { abortable } from './abortable.ts';
import { compressLayer } from './compression/compress-layer.ts';
import { inflate } from './compression/inflate.ts';
import { readTar } from './tar/read-tar.ts';

async function* counting(state: { isClosed: boolean }): AsyncGenerator<Buffer, void, void> {
  try {
    for (let number = 0; ; number++) yield Buffer.from(String(number));
  } finally {
    state.isClosed = true;
  }
}

async function* silent(): AsyncGenerator<Buffer, void, void> {
  await new Promise(() => undefined);
  yield Buffer.alloc(1);
}

async function drain(source: AsyncIterable<unknown>): Promise<void> {
  for await (const item of source) expect(item).toBeDefined();
}

describe('abortable()', () => {
  test('passes everything on, and closes its source when left', async () => {
    const state = { isClosed: false };
    const { signal } = new AbortController();
    const seen: string[] = [];
    for await (const chunk of abortable(counting(state), signal)) {
      seen.push(chunk.toString());
      if (seen.length === 3) break;
    }
    expect(seen).toEqual(['0', '1', '2']);
    expect(state.isClosed).toBe(true);
  });

  test('throws the reason, and closes its source', async () => {
    const state = { isClosed: false };
    const stop = new AbortController();
    const reading = async () => {
      for await (const chunk of abortable(counting(state), stop.signal)) if (chunk.toString() === '5') stop.abort(new Error('enough'));
    };
    await expect(reading()).rejects.toThrow('enough');
    await expect.poll(() => state.isClosed).toBe(true);
  });

  test.each([
    ['readTar()', (signal: AbortSignal) => readTar(silent(), { signal })],
    ['inflate() of gzip', (signal: AbortSignal) => inflate(silent(), 'gzip', { signal })],
    ['inflate() of zstd', (signal: AbortSignal) => inflate(silent(), 'zstd', { signal })],
    ['compressLayer()', (signal: AbortSignal) => compressLayer(silent(), { kind: 'gzip', signal }).content],
  ])('stops %s over a source that says nothing', async (_, open) => {
    const stop = new AbortController();
    const reading = drain(open(stop.signal));
    setImmediate(() => stop.abort(new Error('no patience')));
    await expect(reading).rejects.toThrow('no patience');
  });
});
