import { describe, expect, test } from 'vitest';
import { readTar } from './read-tar.ts';
import { paxHeader, rawMember, tarOf } from './testing/archives.ts';
import type { TarMember } from './write-tar.ts';

function file(name: string, text: string): TarMember {
  const content = Buffer.from(text);
  return { entry: { kind: 'file', name, mode: 0o644, mtimeSeconds: 1, sizeBytes: content.length }, content };
}

/** Counts what is asked of it. */
function sourceOf(bytes: Buffer, pieceBytes: number) {
  const state = { taken: 0, isClosed: false };
  async function* source(): AsyncGenerator<Buffer, void, void> {
    try {
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        state.taken++;
        yield bytes.subarray(at, at + pieceBytes);
      }
    } finally {
      state.isClosed = true;
    }
  }
  return { state, source: source() };
}

async function textOf(content: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of content) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString();
}

describe('readTar()', () => {
  test('gives entries with their content, cut anywhere', async () => {
    const archive = await tarOf([file('a', 'first'), file('b', ''), file('c', 'x'.repeat(3000))]);
    for (const pieceBytes of [7, 512, 1000, 100_000]) {
      const read: Array<[string, string]> = [];
      for await (const entry of readTar(sourceOf(archive, pieceBytes).source)) read.push([entry.name, await textOf(entry.content())]);
      expect(read).toEqual([
        ['a', 'first'],
        ['b', ''],
        ['c', 'x'.repeat(3000)],
      ]);
    }
  });

  test('skips content that nobody reads, and refuses it later', async () => {
    const archive = await tarOf([file('a', 'x'.repeat(5000)), file('b', 'y')]);
    const entries = [];
    for await (const entry of readTar(sourceOf(archive, 600).source)) entries.push(entry);
    expect(entries.map(({ name }) => name)).toEqual(['a', 'b']);
    await expect(textOf((entries[0] as (typeof entries)[0]).content())).rejects.toThrow(TypeError);
  });

  test('fills the holes of sparse files, or leaves them out', async () => {
    const header = paxHeader({ 'GNU.sparse.size': '200005', 'GNU.sparse.map': '100000,3,200000,2' });
    const archive = Buffer.concat([header, rawMember({}, 'abcde')]);
    for await (const entry of readTar(sourceOf(archive, 100).source)) {
      expect(await textOf(entry.content())).toBe(`${'\0'.repeat(100_000)}abc${'\0'.repeat(99_997)}de\0\0\0`);
    }
    const segments: Array<[number, string]> = [];
    for await (const entry of readTar(sourceOf(archive, 4096).source)) {
      for await (const { offset, bytes } of entry.segments()) segments.push([offset, bytes.toString()]);
    }
    expect(segments).toEqual([
      [100_000, 'abc'],
      [200_000, 'de'],
    ]);
  });

  test('reads no further than asked, and closes its source when left', async () => {
    const archive = await tarOf([file('a', 'x'.repeat(50_000)), file('b', 'y')]);
    const { state, source } = sourceOf(archive, 512);
    for await (const entry of readTar(source)) {
      expect(entry.name).toBe('a');
      expect(state.taken).toBe(1);
      for await (const piece of entry.content()) {
        expect(piece.length).toBe(512);
        break;
      }
      expect(state.taken).toBe(2);
      break;
    }
    expect(state.isClosed).toBe(true);
  });

  test('takes its source to the end, for those who hash it', async () => {
    const archive = Buffer.concat([await tarOf([file('a', 'x')]), Buffer.alloc(10_240)]);
    const { state, source } = sourceOf(archive, 512);
    for await (const entry of readTar(source)) expect(entry.name).toBe('a');
    expect(state.taken).toBe(archive.length / 512);
  });

  test('stops with the reason of its signal', async () => {
    const archive = await tarOf([file('a', 'x'.repeat(5000)), file('b', 'y')]);
    const stop = new AbortController();
    const walk = async () => {
      for await (const entry of readTar(sourceOf(archive, 512).source, { signal: stop.signal }))
        stop.abort(new Error(`enough of ${entry.name}`));
    };
    await expect(walk()).rejects.toThrow('enough of a');
  });

  test('fails where the archive does', async () => {
    const archive = await tarOf([file('a', 'x'.repeat(5000))]);
    const walk = async () => {
      for await (const entry of readTar(sourceOf(archive.subarray(0, 2000), 512).source)) await textOf(entry.content());
    };
    await expect(walk()).rejects.toMatchObject({ code: 'TAR_TRUNCATED' });
  });
});
