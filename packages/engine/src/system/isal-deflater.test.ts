import { spawnSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import { findIgzip } from '@slipway/oci/node';
import { describe, expect, test } from 'vitest';
import { createIsalDeflater } from './isal-deflater.ts';

const program = await findIgzip(process.env['PATH'] ?? '');
const isMissing = program === undefined || createIsalDeflater(1) === undefined;
const skipped = isMissing ? ' [skipped: ISA-L is not installed, Debian package isal]' : '';
const MIB = 1024 * 1024;

/** Files of all kinds follow each other: text, zeros, what does not compress. */
function mixed(sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  let state = 7;
  for (let at = 0; at < sizeBytes; at++) {
    const kind = (at >> 18) % 3;
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    if (kind === 0) bytes[at] = at > 700 && state >>> 28 > 3 ? (bytes[at - 700 + (state >>> 30)] as number) : state >>> 24;
    else if (kind === 1) bytes[at] = state >>> 24;
  }
  return bytes;
}

function deflate(bytes: Buffer, level: number, pieceBytes: number): Buffer {
  const deflater = createIsalDeflater(level);
  const pieces: Buffer[] = [];
  const use = (piece: Buffer): void => void pieces.push(Buffer.from(piece));
  for (let at = 0; at < bytes.length; at += pieceBytes) deflater?.write(bytes.subarray(at, at + pieceBytes), use);
  deflater?.end(use);
  return Buffer.concat(pieces);
}

describe.skipIf(isMissing)(`createIsalDeflater()${skipped}`, () => {
  test.each([0, 1, 1000, MIB - 1, MIB, MIB + 1, 2 * MIB, 5_000_000])('makes what igzip makes of %i bytes', (sizeBytes) => {
    const bytes = mixed(sizeBytes);
    for (const level of [0, 1, 2, 3]) {
      const theirs = spawnSync(program ?? '', [`-${level}`, '-n', '-c'], { input: bytes, maxBuffer: 20 * MIB }).stdout;
      const ours = deflate(bytes, level, level === 1 ? 100_000 : 3 * MIB);
      expect(ours.equals(theirs), `level ${level}`).toBe(true);
      expect(gunzipSync(ours).equals(bytes)).toBe(true);
    }
  });

  test('makes what igzip makes of what does not compress', () => {
    const bytes = mixed(12 * MIB).subarray(MIB / 4, MIB / 2);
    const noise = Buffer.concat(Array.from({ length: 14 }, () => bytes.toReversed()));
    const random = Buffer.from(noise.map((byte, at) => byte ^ (Math.imul(at, 2_654_435_761) >>> 24)));
    const theirs = spawnSync(program ?? '', ['-1', '-n', '-c'], { input: random, maxBuffer: 20 * MIB }).stdout;
    expect(deflate(random, 1, 70_000).equals(theirs)).toBe(true);
  });
});
