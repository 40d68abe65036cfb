import { constants, crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { inflate } from '@slipway/oci/node';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createIsalInflater } from './isal-inflater.ts';

const gunzip = createIsalInflater();
const skipped = gunzip === undefined ? ' [skipped: ISA-L is not installed, Debian package libisal2]' : '';

type Outcome = { readonly kind: 'inflated'; readonly bytes: Buffer } | { readonly kind: 'failed'; readonly code: unknown };

/** Text that repeats itself, as files do. */
function textOf(sizeBytes: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  let state = seed;
  for (let at = 0; at < sizeBytes; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = at > 600 && state >>> 28 > 3 ? (bytes[at - 600 + (state >>> 30)] as number) : state >>> 24;
  }
  return bytes;
}

async function* cut(bytes: Buffer, pieceBytes: number): AsyncGenerator<Buffer, void, void> {
  // The same memory for each piece, as the contract allows.
  const memory = Buffer.alloc(pieceBytes);
  for (let at = 0; at < bytes.length; at += pieceBytes) yield memory.subarray(0, bytes.copy(memory, 0, at, at + pieceBytes));
}

async function* fresh(bytes: Buffer): AsyncGenerator<Buffer, void, void> {
  yield bytes;
}

async function outcomeOf(chunks: AsyncIterable<Buffer>): Promise<Outcome> {
  const pieces: Buffer[] = [];
  try {
    for await (const chunk of chunks) pieces.push(Buffer.from(chunk));
    return { kind: 'inflated', bytes: Buffer.concat(pieces) };
  } catch (error) {
    return { kind: 'failed', code: (error as { code?: unknown }).code };
  }
}

async function expectSame(gzip: Buffer, pieceBytes: number): Promise<Outcome> {
  const theirs = await outcomeOf(inflate(fresh(gzip), 'gzip'));
  const ours = await outcomeOf(inflate(cut(gzip, pieceBytes), 'gzip', { gunzip }));
  expect(ours).toEqual(theirs);
  return ours;
}

/** A member with every field a header may have. */
function memberWithAllFields(body: Buffer): Buffer {
  const header = Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, 0x1f, 1, 2, 3, 4, 0, 3]),
    Buffer.from([5, 0]),
    Buffer.from('extra'),
    Buffer.from('name\0'),
    Buffer.from('comment\0'),
  ]);
  const checksum = Buffer.alloc(2);
  checksum.writeUInt16LE(crc32(header) & 0xffff);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(body));
  trailer.writeUInt32LE(body.length, 4);
  return Buffer.concat([header, checksum, deflateRawSync(body), trailer]);
}

describe.skipIf(gunzip === undefined)(`createIsalInflater()${skipped}`, () => {
  test('gives what zlib gives, for members of every kind cut anywhere', async () => {
    const strategies = [constants.Z_DEFAULT_STRATEGY, constants.Z_HUFFMAN_ONLY, constants.Z_RLE, constants.Z_FIXED];
    const member = fc.record({
      sizeBytes: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 400_000 })),
      seed: fc.integer({ min: 1, max: 1_000_000 }),
      level: fc.integer({ min: 0, max: 9 }),
      strategy: fc.constantFrom(...strategies),
      windowBits: fc.integer({ min: 9, max: 15 }),
    });
    const pieces = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1000, max: 300_000 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(member, { minLength: 1, maxLength: 4 }),
        pieces,
        fc.integer({ min: 0, max: 30 }),
        async (members, pieceBytes, zeros) => {
          const parts = members.map(({ sizeBytes, seed, ...how }) => gzipSync(textOf(sizeBytes, seed), how));
          const { kind } = await expectSame(Buffer.concat([...parts, Buffer.alloc(zeros)]), pieceBytes);
          expect(kind).toBe('inflated');
        },
      ),
      { numRuns: 30 },
    );
  });

  test('gives what zlib gives, or fails as it does, for damaged data', async () => {
    const whole = Buffer.concat([
      memberWithAllFields(textOf(3000)),
      gzipSync(textOf(2000, 7)),
      gzipSync(textOf(500, 3), { strategy: constants.Z_FIXED }),
    ]);
    const damage = fc.array(fc.record({ at: fc.nat({ max: whole.length - 1 }), byte: fc.nat({ max: 255 }) }), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(damage, fc.nat({ max: whole.length }), fc.integer({ min: 1, max: 700 }), async (changes, length, pieceBytes) => {
        const damaged = Buffer.from(whole);
        for (const { at, byte } of changes) damaged[at] = byte;
        await expectSame(length % 3 === 0 ? damaged : damaged.subarray(0, length), pieceBytes);
      }),
      { numRuns: 300 },
    );
  });

  test('reads every field of a header, and refuses what zlib refuses in it', async () => {
    const member = memberWithAllFields(textOf(100));
    for (const pieceBytes of [1, 2, 7, 10_000]) expect((await expectSame(member, pieceBytes)).kind).toBe('inflated');
    for (let at = 0; at < 32; at++) {
      const damaged = Buffer.from(member);
      damaged[at] = (damaged[at] as number) ^ 0x80;
      expect((await expectSame(damaged, 5)).kind, String(at)).toBe('failed');
    }
  });

  test('fails when the data stops early, wherever, and when something follows it', async () => {
    const member = gzipSync(textOf(400));
    for (let length = 0; length < member.length; length++) {
      expect(await outcomeOf(inflate(cut(member.subarray(0, length), 50), 'gzip', { gunzip }))).toEqual({
        kind: 'failed',
        code: 'COMPRESSION_INVALID',
      });
    }
    for (const rest of [
      Buffer.from('x'),
      Buffer.from([0, 0, 1]),
      Buffer.from([0x1f]),
      Buffer.from([0x1f, 0x8b, 8]),
      Buffer.concat([Buffer.alloc(3), member]),
    ]) {
      for (const pieceBytes of [1, 30, 10_000]) {
        const outcome = await outcomeOf(inflate(cut(Buffer.concat([member, rest]), pieceBytes), 'gzip', { gunzip }));
        expect(outcome).toEqual({ kind: 'failed', code: 'COMPRESSION_INVALID' });
      }
    }
  });

  test('gives data of any size in pieces of bounded size', async () => {
    const bomb = gzipSync(Buffer.alloc(60_000_000));
    let sizeBytes = 0;
    for await (const piece of inflate(cut(bomb, 100_000), 'gzip', { gunzip })) {
      expect(piece.length).toBeLessThanOrEqual(256 * 1024);
      sizeBytes += piece.length;
    }
    expect(sizeBytes).toBe(60_000_000);
    const limited = inflate(cut(bomb, 100_000), 'gzip', { gunzip, limitBytes: 1_000_000 });
    expect(await outcomeOf(limited)).toEqual({ kind: 'failed', code: 'LAYER_TOO_LARGE' });
  });

  test('goes on with the next file after one that failed', async () => {
    await outcomeOf(inflate(cut(gzipSync(textOf(100_000)).subarray(0, 20_000), 1000), 'gzip', { gunzip }));
    await expectSame(gzipSync(textOf(100_000)), 3000);
  });
});
