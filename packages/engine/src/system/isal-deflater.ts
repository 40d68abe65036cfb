import { gunzipSync } from 'node:zlib';
import { findIsal, type Isal } from './isal.ts';

/** `struct isal_zstream` of igzip_lib.h, on 64-bit machines. */
const STREAM = {
  nextIn: 0,
  availIn: 8,
  nextOut: 16,
  availOut: 24,
  level: 40,
  levelBufferSize: 44,
  levelBuffer: 48,
  endOfStream: 56,
  gzipFlag: 60,
} as const;
/** It has 82 384 bytes. */
const STREAM_BYTES = 128 * 1024;
/** The header is written by others, the trailer is not. */
const GZIP_NO_HEADER = 2;
/** As `igzip -n` writes it. */
const HEADER = Buffer.from('1f8b0800000000000003', 'hex');
/** What `igzip` gives each of its levels. */
const LEVEL_BYTES = [0, 282_624, 331_776, 348_160] as const;
/** The pieces in which `igzip` reads and writes: blocks end where they do. */
const PIECE_BYTES = 1024 * 1024;

/** Undefined where there is none: see `hasIsalDeflater`. */
export function createIsalDeflater(level: number): IsalDeflater | undefined {
  const isal = findIsal();
  return isal === undefined || !hasIsalDeflater() ? undefined : new IsalDeflater(isal, level);
}

/** False where the library is missing or not as expected. */
export function hasIsalDeflater(): boolean {
  const isal = findIsal();
  isUsable ??= isal !== undefined && isAsKnown(isal);
  return isUsable;
}

let isUsable: boolean | undefined;

/** Makes one gzip member, byte for byte the one that the `igzip` program of the same library makes. For one use. */
export class IsalDeflater {
  readonly #isal: Isal;
  readonly #stream = Buffer.alloc(STREAM_BYTES);
  readonly #levelBuffer: Buffer;
  readonly #input = Buffer.allocUnsafeSlow(PIECE_BYTES);
  readonly #output = Buffer.allocUnsafeSlow(PIECE_BYTES);
  readonly #outputAddress: bigint;
  #filled = 0;
  #headerBytes = HEADER.length;

  constructor(isal: Isal, level: number) {
    const levelBytes = LEVEL_BYTES[level];
    if (levelBytes === undefined) throw new TypeError(`ISA-L has no level ${level}`);
    this.#isal = isal;
    this.#levelBuffer = Buffer.alloc(Math.max(1, levelBytes));
    isal.deflateInit(this.#stream);
    this.#stream.writeUInt32LE(level, STREAM.level);
    this.#stream.writeUInt32LE(levelBytes, STREAM.levelBufferSize);
    this.#stream.writeBigUInt64LE(isal.addressOf(this.#levelBuffer), STREAM.levelBuffer);
    this.#stream.writeUInt16LE(GZIP_NO_HEADER, STREAM.gzipFlag);
    this.#stream.writeBigUInt64LE(isal.addressOf(this.#input), STREAM.nextIn);
    this.#outputAddress = isal.addressOf(this.#output);
    HEADER.copy(this.#output);
  }

  /** What `use` gets is valid during the call. */
  write(bytes: Uint8Array, use: (packed: Buffer) => void): void {
    for (let at = 0; at < bytes.length; ) {
      const taken = bytes.subarray(at, at + PIECE_BYTES - this.#filled);
      this.#input.set(taken, this.#filled);
      this.#filled += taken.length;
      at += taken.length;
      if (this.#filled === PIECE_BYTES) this.#deflate(use);
    }
  }

  end(use: (packed: Buffer) => void): void {
    this.#stream.writeUInt16LE(1, STREAM.endOfStream);
    this.#deflate(use);
  }

  #deflate(use: (packed: Buffer) => void): void {
    const stream = this.#stream;
    stream.writeBigUInt64LE(this.#isal.addressOf(this.#input), STREAM.nextIn);
    stream.writeUInt32LE(this.#filled, STREAM.availIn);
    this.#filled = 0;
    let roomBytes: number;
    do {
      stream.writeBigUInt64LE(this.#outputAddress + BigInt(this.#headerBytes), STREAM.nextOut);
      stream.writeUInt32LE(PIECE_BYTES - this.#headerBytes, STREAM.availOut);
      this.#headerBytes = 0;
      const result = this.#isal.deflate(stream);
      if (result !== 0) throw new Error(`ISA-L failed with ${result}`);
      roomBytes = stream.readUInt32LE(STREAM.availOut);
      if (roomBytes < PIECE_BYTES) use(this.#output.subarray(0, PIECE_BYTES - roomBytes));
    } while (stream.readUInt32LE(STREAM.availIn) > 0 || (roomBytes === 0 && stream.readUInt16LE(STREAM.endOfStream) !== 0));
  }
}

/** Puts a known text through the library and looks whether it comes back. */
function isAsKnown(isal: Isal): boolean {
  const text = Buffer.from('slipway'.repeat(100));
  const deflater = new IsalDeflater(isal, 1);
  const pieces: Buffer[] = [];
  const use = (piece: Buffer): void => void pieces.push(Buffer.from(piece));
  try {
    deflater.write(text, use);
    deflater.end(use);
    return gunzipSync(Buffer.concat(pieces)).equals(text);
  } catch {
    // What it made is no gzip, or it made nothing.
    return false;
  }
}
