import { crc32 } from 'node:zlib';
import { layerError } from '../layer-errors.ts';

type Field = 'fixed' | 'extra-length' | 'extra' | 'name' | 'comment' | 'checksum';

const FIXED_BYTES = 10;
const DEFLATE = 8;
const HAS_CHECKSUM = 0x02;
const HAS_EXTRA = 0x04;
const HAS_NAME = 0x08;
const HAS_COMMENT = 0x10;
const RESERVED = 0xe0;

/** The header of a gzip member (RFC 1952 §2.3), in pieces of any size. As strict as zlib. */
export class GzipHeader {
  #fields: Field[] = ['fixed'];
  /** What came of a field of fixed size; what is long is not kept. */
  #bytes: number[] = [];
  #extraBytes = 0;
  #checksum = 0;

  get isComplete(): boolean {
    return this.#fields.length === 0;
  }

  /** Returns how many of the bytes belong to the header. Errors: COMPRESSION_INVALID. */
  take(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length && !this.isComplete) {
      const field = this.#fields[0];
      const taken = this.#takeOf(field as Field, bytes.subarray(at));
      if (field !== 'checksum') this.#checksum = crc32(bytes.subarray(at, at + taken), this.#checksum);
      at += taken;
      if (!this.isComplete && this.#fields[0] === field) continue;
      this.#bytes = [];
    }
    return at;
  }

  #takeOf(field: Field, bytes: Buffer): number {
    switch (field) {
      case 'fixed':
        return this.#gather(bytes, FIXED_BYTES, (fixed) => this.#readFixed(fixed));
      case 'extra-length':
        return this.#gather(bytes, 2, (length) => this.#startExtra(length.readUInt16LE()));
      case 'extra':
        return this.#skipExtra(bytes);
      case 'name':
      case 'comment':
        return this.#skipText(bytes);
      case 'checksum':
        return this.#gather(bytes, 2, (checksum) => this.#compare(checksum.readUInt16LE()));
    }
  }

  #gather(bytes: Buffer, lengthBytes: number, use: (whole: Buffer) => void): number {
    const taken = bytes.subarray(0, lengthBytes - this.#bytes.length);
    this.#bytes.push(...taken);
    if (this.#bytes.length === lengthBytes) {
      this.#fields.shift();
      use(Buffer.from(this.#bytes));
    }
    return taken.length;
  }

  #readFixed(fixed: Buffer): void {
    if (fixed[0] !== 0x1f || fixed[1] !== 0x8b) throw invalid('what should be a gzip header is none');
    const flags = fixed[3] as number;
    if (fixed[2] !== DEFLATE || (flags & RESERVED) !== 0) throw invalid('its gzip header asks for what gzip does not have');
    if ((flags & HAS_EXTRA) !== 0) this.#fields.push('extra-length');
    if ((flags & HAS_NAME) !== 0) this.#fields.push('name');
    if ((flags & HAS_COMMENT) !== 0) this.#fields.push('comment');
    if ((flags & HAS_CHECKSUM) !== 0) this.#fields.push('checksum');
  }

  #startExtra(lengthBytes: number): void {
    this.#extraBytes = lengthBytes;
    if (lengthBytes > 0) this.#fields.unshift('extra');
  }

  #skipExtra(bytes: Buffer): number {
    const taken = Math.min(bytes.length, this.#extraBytes);
    this.#extraBytes -= taken;
    if (this.#extraBytes === 0) this.#fields.shift();
    return taken;
  }

  #skipText(bytes: Buffer): number {
    const end = bytes.indexOf(0);
    if (end < 0) return bytes.length;
    this.#fields.shift();
    return end + 1;
  }

  #compare(checksum: number): void {
    if (checksum !== (this.#checksum & 0xffff)) throw invalid('the checksum of its gzip header is wrong');
  }
}

function invalid(why: string): Error {
  return layerError('COMPRESSION_INVALID', `Cannot unpack the layer: ${why}`);
}
