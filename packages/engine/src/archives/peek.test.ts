import { describe, expect, test } from 'vitest';
import { openArchive } from './open-archive.ts';
import { peek } from './peek.ts';
import { collect } from './testing/archive-store.ts';

function watched(chunks: readonly Buffer[]) {
  const state = { isClosed: false };
  async function* source(): AsyncGenerator<Buffer, void, void> {
    try {
      yield* chunks;
    } finally {
      state.isClosed = true;
    }
  }
  return { source: source(), state };
}

describe('peek()', () => {
  test('shows the first bytes and gives all', async () => {
    const { first, all } = await peek(watched([Buffer.from('ab'), Buffer.from('cd'), Buffer.from('ef')]).source, 3);
    expect(first.toString()).toBe('abcd');
    expect(Buffer.concat(await collect(all)).toString()).toBe('abcdef');
  });

  test('closes the source when what it gives is left before anything was taken', async () => {
    const { source, state } = watched([Buffer.from('ab'), Buffer.from('cd')]);
    const { all } = await peek(source, 1);
    await all.return();
    expect(state.isClosed).toBe(true);
  });
});

describe('openArchive()', () => {
  test('closes the source of an archive that it can not read', async () => {
    const { source, state } = watched([Buffer.concat([Buffer.from('fd377a585a00', 'hex'), Buffer.alloc(1000)]), Buffer.alloc(1000)]);
    await expect(collect(openArchive(source, { searchPath: '' }))).rejects.toMatchObject({ code: 'ARCHIVE_UNSUPPORTED' });
    expect(state.isClosed).toBe(true);
  });
});
