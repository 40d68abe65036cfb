import { layerError } from '../layer-errors.ts';

/** What a decoder has to keep for one frame, as a power of two: the zstd program's own limit. */
export const ZSTD_WINDOW_LOG_MAX = 27;

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const MAX_BLOCK_BYTES = 128 * 1024;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
const FIELD_BYTES_MAX = 14;

/** Each state but `pass` waits for one field of the format. */
type State = 'magic' | 'skippable-size' | 'descriptor' | 'header' | 'block-header' | 'pass';

/**
 * Follows the structure of Zstandard data (RFC 8878, section 3) without decoding it, so that it can be cut where frames end. Node's
 * decoder ignores what follows a frame within the same piece, and layers of several frames are common (zstd:chunked, pzstd, ours).
 */
export class ZstdFrames {
  readonly #field = Buffer.alloc(FIELD_BYTES_MAX);
  #fieldFilled = 0;
  #fieldBytes = 4;
  #state: State = 'magic';
  #toPass = 0;
  #afterPass: 'magic' | 'block-header' = 'magic';
  #descriptor = 0;

  /** Whether the bytes so far are whole frames. */
  get isAtFrameEnd(): boolean {
    return this.#state === 'magic' && this.#fieldFilled === 0;
  }

  /** Cuts the next bytes into pieces, none of which goes over the end of a frame. Errors: COMPRESSION_INVALID, COMPRESSION_UNSUPPORTED. */
  *cut(bytes: Buffer): Generator<Buffer, void, void> {
    let start = 0;
    for (let at = 0; at < bytes.length; ) {
      at = this.#state === 'pass' ? this.#pass(bytes, at) : this.#takeField(bytes, at);
      if (this.isAtFrameEnd || at === bytes.length) {
        yield bytes.subarray(start, at);
        start = at;
      }
    }
  }

  #pass(bytes: Buffer, at: number): number {
    const taken = Math.min(this.#toPass, bytes.length - at);
    this.#toPass -= taken;
    if (this.#toPass === 0) this.#expect(this.#afterPass, this.#afterPass === 'magic' ? 4 : 3);
    return at + taken;
  }

  #takeField(bytes: Buffer, at: number): number {
    const taken = bytes.copy(this.#field, this.#fieldFilled, at, at + this.#fieldBytes - this.#fieldFilled);
    this.#fieldFilled += taken;
    if (this.#fieldFilled === this.#fieldBytes) this.#readField();
    return at + taken;
  }

  #readField(): void {
    switch (this.#state) {
      case 'magic':
        return this.#readMagic(this.#field.readUInt32LE());
      case 'skippable-size':
        return this.#expectPass(this.#field.readUInt32LE(), 'magic');
      case 'descriptor':
        return this.#readDescriptor(this.#field[0] as number);
      case 'header':
        return this.#readHeader();
      default:
        return this.#readBlockHeader(this.#field.readUIntLE(0, 3));
    }
  }

  #readMagic(magic: number): void {
    if (magic === MAGIC) this.#expect('descriptor', 1);
    else if ((magic & 0xff_ff_ff_f0) >>> 0 === SKIPPABLE_MAGIC) this.#expect('skippable-size', 4);
    else throw layerError('COMPRESSION_INVALID', 'Cannot unpack the layer: there is something other than a frame in the zstd data');
  }

  #readDescriptor(descriptor: number): void {
    if ((descriptor & 0x08) !== 0) throw layerError('COMPRESSION_INVALID', 'Cannot unpack the layer: a zstd frame sets a reserved bit');
    this.#descriptor = descriptor;
    const bytes = this.#headerBytes;
    this.#expect('header', bytes.window + bytes.dictionary + bytes.size);
  }

  get #headerBytes(): { window: number; dictionary: number; size: number } {
    const isSingleSegment = (this.#descriptor & 0x20) !== 0;
    const sizeCode = (this.#descriptor >> 6) as 0 | 1 | 2 | 3;
    const dictionaryCode = (this.#descriptor & 3) as 0 | 1 | 2 | 3;
    const size = sizeCode === 0 && isSingleSegment ? 1 : CONTENT_SIZE_BYTES[sizeCode];
    return { window: isSingleSegment ? 0 : 1, dictionary: DICTIONARY_ID_BYTES[dictionaryCode], size };
  }

  #readHeader(): void {
    const { window, dictionary, size } = this.#headerBytes;
    const windowBytes = window === 1 ? windowOf(this.#field[0] as number) : readSize(this.#field, dictionary, size);
    if (windowBytes > 2 ** ZSTD_WINDOW_LOG_MAX) {
      const message = `Cannot unpack the layer: a zstd frame asks for ${windowBytes} bytes of memory, ${2 ** ZSTD_WINDOW_LOG_MAX} are allowed`;
      throw layerError('COMPRESSION_UNSUPPORTED', message);
    }
    if (this.#field.subarray(window, window + dictionary).some((byte) => byte !== 0)) {
      throw layerError('COMPRESSION_UNSUPPORTED', 'Cannot unpack the layer: a zstd frame needs a dictionary');
    }
    this.#expect('block-header', 3);
  }

  #readBlockHeader(header: number): void {
    const isLast = (header & 1) !== 0;
    const type = (header >> 1) & 3;
    const size = header >> 3;
    if (type === 3 || size > MAX_BLOCK_BYTES) throw layerError('COMPRESSION_INVALID', 'Cannot unpack the layer: a zstd block is invalid');
    // A block of type 1 is one byte, repeated.
    const stored = type === 1 ? 1 : size;
    const checksum = isLast && (this.#descriptor & 0x04) !== 0 ? 4 : 0;
    this.#expectPass(stored + checksum, isLast ? 'magic' : 'block-header');
  }

  #expectPass(count: number, next: 'magic' | 'block-header'): void {
    if (count === 0) {
      this.#expect(next, next === 'magic' ? 4 : 3);
      return;
    }
    this.#state = 'pass';
    this.#toPass = count;
    this.#afterPass = next;
  }

  #expect(state: State, fieldBytes: number): void {
    this.#state = state;
    this.#fieldBytes = fieldBytes;
    this.#fieldFilled = 0;
  }
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function readSize(field: Buffer, at: number, bytes: number): number {
  if (bytes === 8) return Number(field.readBigUInt64LE(at));
  return field.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0);
}
