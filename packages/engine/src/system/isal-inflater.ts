import { crc32 } from 'node:zlib';
import type { InflateStep, MemberInflater } from '@slipway/oci/node';
import { findIsal, type Isal } from './isal.ts';

/** `struct inflate_state` of igzip_lib.h, on 64-bit machines. */
const STATE = { nextOut: 0, availOut: 8, nextIn: 16, availIn: 32, blockState: 21_160, crcFlag: 21_172, crc: 21_176 } as const;
/** It has 87 368 bytes. */
const STATE_BYTES = 128 * 1024;
const BLOCK_FINISH = 5;
/** The header was read by others, the trailer is to be checked. */
const GZIP_NO_HEADER_VERIFY = 6;

const OUTPUT_BYTES = 256 * 1024;

/** Undefined where the library is missing or not as expected; several times as fast as zlib where it is there. */
export function createIsalInflater(): MemberInflater | undefined {
  const isal = findIsal();
  if (isal === undefined) return undefined;
  isUsable ??= isAsKnown(isal);
  return isUsable ? new IsalInflater(isal, OUTPUT_BYTES) : undefined;
}

let isUsable: boolean | undefined;

class IsalInflater implements MemberInflater {
  readonly #isal: Isal;
  readonly #state = Buffer.alloc(STATE_BYTES);
  readonly #output: Buffer;
  readonly #outputAddress: bigint;

  constructor(library: Isal, outputBytes: number) {
    this.#isal = library;
    this.#output = Buffer.allocUnsafeSlow(outputBytes);
    this.#outputAddress = library.addressOf(this.#output);
    library.inflateInit(this.#state);
  }

  /** Whether the library's structure is the one that is known here. */
  get isKnown(): boolean {
    return this.#state.readUInt32LE(STATE.crcFlag) === GZIP_NO_HEADER_VERIFY && this.#state.readUInt32LE(STATE.blockState) === BLOCK_FINISH;
  }

  get checksum(): number {
    return this.#state.readUInt32LE(STATE.crc);
  }

  begin(): void {
    this.#isal.inflateReset(this.#state);
    this.#state.writeUInt32LE(GZIP_NO_HEADER_VERIFY, STATE.crcFlag);
  }

  inflate(input: Buffer): InflateStep {
    const state = this.#state;
    state.writeBigUInt64LE(this.#outputAddress, STATE.nextOut);
    state.writeUInt32LE(this.#output.length, STATE.availOut);
    state.writeBigUInt64LE(this.#isal.addressOf(input), STATE.nextIn);
    state.writeUInt32LE(input.length, STATE.availIn);
    const result = this.#isal.inflate(state);
    const [roomBytes, unreadBytes] = [state.readUInt32LE(STATE.availOut), state.readUInt32LE(STATE.availIn)];
    const consumedBytes = input.length - unreadBytes;
    const output = this.#output.subarray(0, this.#output.length - roomBytes);
    if (result !== 0) return { state: 'invalid', consumedBytes, output };
    if (state.readUInt32LE(STATE.blockState) === BLOCK_FINISH) return { state: 'ended', consumedBytes, output };
    if (roomBytes === 0) return { state: 'full', consumedBytes, output };
    // It stopped for no reason that is known here.
    return { state: unreadBytes === 0 ? 'hungry' : 'invalid', consumedBytes, output };
  }
}

/** Puts a known member through the library, in small pieces, and looks whether everything is where it is looked for. */
function isAsKnown(library: Isal): boolean {
  const text = Buffer.from('slipway'.repeat(8));
  const member = Buffer.alloc(5 + text.length + 8);
  // One stored block.
  member[0] = 1;
  member.writeUInt16LE(text.length, 1);
  member.writeUInt16LE(0xffff - text.length, 3);
  text.copy(member, 5);
  member.writeUInt32LE(crc32(text), 5 + text.length);
  member.writeUInt32LE(text.length, 5 + text.length + 4);
  const inflater = new IsalInflater(library, 16);
  inflater.begin();
  const pieces: Buffer[] = [];
  for (let at = 0, steps = 0; steps < 200; steps++) {
    const step = inflater.inflate(member.subarray(at, at + 7));
    at += step.consumedBytes;
    pieces.push(Buffer.from(step.output));
    if (step.state === 'invalid') return false;
    if (step.state === 'ended')
      return at === member.length && inflater.isKnown && inflater.checksum === crc32(text) && Buffer.concat(pieces).equals(text);
  }
  return false;
}
