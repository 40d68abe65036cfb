import { layerError } from '../layer-errors.ts';
import { BLOCK_BYTES, FIELDS, readNumber } from './tar-block.ts';
import type { SparseSegment } from './tar-entry.ts';
import type { TarLimits } from './tar-limits.ts';

const SEGMENT_FIELD_BYTES = 12;
const EXTENSION_SEGMENTS = 21;
const EXTENSION_FLAG_AT = 504;

/** The segments in a header block of GNU's oldest sparse format (type `S`), up to four, as offsets and lengths by turns. */
export function readHeaderSegments(bytes: Buffer, at: number): { numbers: number[]; isExtended: boolean } {
  const numbers = readSegmentFields(bytes, at + FIELDS.sparseSegments[0], 4);
  return { numbers, isExtended: bytes[at + FIELDS.sparseExtended[0]] !== 0 };
}

/** The segments in an extension block that follows such a header. */
export function readExtensionSegments(bytes: Buffer, at: number): { numbers: number[]; isExtended: boolean } {
  return { numbers: readSegmentFields(bytes, at, EXTENSION_SEGMENTS), isExtended: bytes[at + EXTENSION_FLAG_AT] !== 0 };
}

function readSegmentFields(bytes: Buffer, at: number, count: number): number[] {
  const numbers: number[] = [];
  for (let index = 0; index < 2 * count; index++) {
    const fieldAt = at + index * SEGMENT_FIELD_BYTES;
    if (index % 2 === 0 && bytes[fieldAt] === 0) break;
    const number = readNumber(bytes, fieldAt, SEGMENT_FIELD_BYTES);
    if (number === undefined) throw invalid('a number in its map is not one');
    numbers.push(number);
  }
  return numbers;
}

/** Checks a map against the file's real size and the bytes that are stored for it. Errors: TAR_INVALID. */
export function checkSegments(numbers: readonly number[], sizes: { realSize: number; storedSize: number }): SparseSegment[] {
  if (numbers.length % 2 !== 0) throw invalid('its map ends within a segment');
  const segments: SparseSegment[] = [];
  let end = 0;
  let stored = 0;
  for (let index = 0; index < numbers.length; index += 2) {
    const offset = numbers[index] as number;
    const length = numbers[index + 1] as number;
    if (length < 0 || offset < end || offset + length > sizes.realSize) throw invalid('the segments of its map overlap or leave the file');
    end = offset + length;
    stored += length;
    if (length > 0) segments.push({ offset, length });
  }
  if (stored !== sizes.storedSize) throw invalid(`its map speaks of ${stored} bytes, but ${sizes.storedSize} are stored`);
  return segments;
}

/**
 * Collects the map of GNU's sparse format 1.0: decimal numbers on lines of their own in front of the content, filled up to a whole block.
 * The first tells how many segments follow.
 */
export class SparseMapReader {
  readonly numbers: number[] = [];
  readonly #limits: TarLimits;
  #expected: number | undefined;
  #value = 0;
  #digits = 0;
  #bytes = 0;

  constructor(limits: TarLimits) {
    this.#limits = limits;
  }

  /** Bytes of the archive it has taken. */
  get bytesRead(): number {
    return this.#bytes;
  }

  /** Takes the next block; true when the map is complete. Errors: TAR_INVALID, TAR_LIMIT_EXCEEDED. */
  addBlock(bytes: Buffer, at: number): boolean {
    this.#bytes += BLOCK_BYTES;
    for (let index = at; index < at + BLOCK_BYTES; index++) {
      const byte = bytes[index] as number;
      if (byte === 0x0a) {
        if (this.#endNumber()) return true;
      } else {
        this.#addDigit(byte - 0x30);
      }
    }
    return false;
  }

  #addDigit(digit: number): void {
    this.#value = this.#value * 10 + digit;
    if (digit < 0 || digit > 9 || ++this.#digits > 16 || !Number.isSafeInteger(this.#value))
      throw invalid('its map is not made of numbers');
  }

  #endNumber(): boolean {
    if (this.#digits === 0) throw invalid('its map has an empty line');
    if (this.#expected === undefined) {
      if (this.#value > this.#limits.sparseSegments) {
        throw layerError('TAR_LIMIT_EXCEEDED', `Cannot read a sparse file: it has more than ${this.#limits.sparseSegments} segments`);
      }
      this.#expected = 2 * this.#value;
    } else {
      this.numbers.push(this.#value);
    }
    this.#value = 0;
    this.#digits = 0;
    return this.numbers.length === this.#expected;
  }
}

function invalid(why: string): Error {
  return layerError('TAR_INVALID', `Cannot read a sparse file: ${why}`);
}
