import { layerError } from '../layer-errors.ts';
import { ContentCursor } from './content-cursor.ts';
import { kindOfType, readEntry, readStoredSize } from './header-block.ts';
import { PrefixHeaders, prefixTypeOf } from './prefix-headers.ts';
import { type SparseStart, startOldSparse, startPaxSparse } from './sparse-start.ts';
import { BLOCK_BYTES, FIELDS, hasValidChecksum, isZeroBlock, paddingAfter } from './tar-block.ts';
import type { TarEntry, TarEntryKind } from './tar-entry.ts';
import { DEFAULT_TAR_LIMITS, type TarLimits } from './tar-limits.ts';

/** Told what an archive holds, in its order: for each entry `entry`, any number of `data`, `endEntry`. What they throw leaves `write`. */
export interface TarHandler {
  entry(entry: TarEntry): void;
  /** Content of the entry at `offset` of the unpacked file. A view into what `write` was given: valid during the call only. */
  data(bytes: Buffer, offset: number): void;
  endEntry(): void;
}

export type TarParserOptions = Partial<TarLimits>;

type State = 'header' | 'prefix' | 'sparse-map' | 'content' | 'skip' | 'one-zero-block' | 'ended';

const DUMP_FOLDER = 0x44;
const OLD_SPARSE = 0x53;

/**
 * Reads a tar archive that is pushed into it in pieces of any size, without promises: v7, ustar, star, GNU and PAX headers, GNU's sparse
 * formats. Nothing is copied but headers; memory stays within the limits. After two zero blocks the rest is ignored; an archive may also
 * just stop between two entries. Links, devices and folders have no content, whatever size their header states.
 * Errors, after which the parser is of no more use: TAR_INVALID, TAR_TRUNCATED, TAR_UNSUPPORTED, TAR_LIMIT_EXCEEDED.
 */
export class TarParser {
  readonly #handler: TarHandler;
  readonly #limits: TarLimits;
  readonly #prefix: PrefixHeaders;
  readonly #content: ContentCursor;
  readonly #block = Buffer.alloc(BLOCK_BYTES);
  #blockFilled = 0;
  #state: State = 'header';
  #position = 0;
  #toSkip = 0;
  #entries = 0;
  #sparse: SparseStart | undefined;

  constructor(handler: TarHandler, options: TarParserOptions = {}) {
    this.#handler = handler;
    this.#limits = { ...DEFAULT_TAR_LIMITS, ...options };
    this.#prefix = new PrefixHeaders(this.#limits);
    this.#content = new ContentCursor(handler);
  }

  /** Whether the two zero blocks at the end were seen. */
  get isEnded(): boolean {
    return this.#state === 'ended';
  }

  /** Bytes of the archive taken so far. */
  get position(): number {
    return this.#position;
  }

  /** Takes the next piece, which may be reused once this returns. */
  write(chunk: Uint8Array): void {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const start = this.#position;
    let at = 0;
    while (at < bytes.length) {
      at = this.#step(bytes, at);
      this.#position = start + at;
    }
  }

  /** Says that nothing follows. Errors: TAR_TRUNCATED. */
  end(): void {
    if (this.#state === 'ended' || (this.#isAtBorder && !this.#prefix.isPending)) return;
    throw layerError('TAR_TRUNCATED', `Cannot read the tar: it stops at byte ${this.#position}, within an entry or its header`);
  }

  get #isAtBorder(): boolean {
    // The padding of the last entry may be missing.
    if (this.#state === 'skip') return this.#toSkip < BLOCK_BYTES;
    return (this.#state === 'header' || this.#state === 'one-zero-block') && this.#blockFilled === 0;
  }

  #step(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case 'content':
        return this.#takeContent(bytes, at);
      case 'skip':
        return this.#takeSkipped(bytes, at);
      case 'prefix':
        return this.#takePrefix(bytes, at);
      case 'ended':
        return bytes.length;
      default:
        return this.#takeBlock(bytes, at);
    }
  }

  #takeBlock(bytes: Buffer, at: number): number {
    if (this.#blockFilled === 0 && bytes.length - at >= BLOCK_BYTES) {
      this.#readBlock(bytes, at);
      return at + BLOCK_BYTES;
    }
    const taken = bytes.copy(this.#block, this.#blockFilled, at, at + BLOCK_BYTES - this.#blockFilled);
    this.#blockFilled += taken;
    if (this.#blockFilled === BLOCK_BYTES) {
      this.#blockFilled = 0;
      this.#readBlock(this.#block, 0);
    }
    return at + taken;
  }

  #readBlock(bytes: Buffer, at: number): void {
    if (this.#sparse !== undefined) {
      this.#sparse.addBlock(bytes, at);
      this.#startSparse(this.#sparse);
    } else if (isZeroBlock(bytes, at)) {
      if (this.#prefix.isPending) throw this.#invalid('the entry is missing that the headers before speak of');
      this.#state = this.#state === 'one-zero-block' ? 'ended' : 'one-zero-block';
    } else if (this.#state === 'one-zero-block') {
      throw this.#invalid('something follows the block of zeros that announces the end');
    } else {
      this.#readHeader(bytes, at);
    }
  }

  #readHeader(bytes: Buffer, at: number): void {
    if (!hasValidChecksum(bytes, at)) throw this.#invalid('the checksum of the header is wrong');
    const type = String.fromCharCode(bytes[at + FIELDS.typeflag[0]] as number);
    const kind = kindOfType(type);
    if (kind !== undefined) return this.#startEntry(bytes, at, kind);
    const size = readStoredSize(bytes, at);
    const prefixType = prefixTypeOf(type);
    if (prefixType !== undefined) {
      this.#prefix.start(prefixType, size);
      this.#state = 'prefix';
      if (size === 0) this.#endPrefix();
    } else if (type === 'V') {
      // The archive's label.
      this.#skip(size + paddingAfter(size));
    } else {
      const what = type === 'M' ? 'continues a file of another volume' : `has the unknown type ${JSON.stringify(type)}`;
      throw layerError('TAR_UNSUPPORTED', `Cannot read the tar: the entry at byte ${this.#position} ${what}`);
    }
  }

  #takePrefix(bytes: Buffer, at: number): number {
    const next = this.#prefix.take(bytes, at);
    if (this.#prefix.isComplete) this.#endPrefix();
    return next;
  }

  #endPrefix(): void {
    this.#skip(paddingAfter(this.#prefix.finish()));
  }

  #startEntry(bytes: Buffer, at: number, declaredKind: TarEntryKind): void {
    if (++this.#entries > this.#limits.entries) {
      throw layerError('TAR_LIMIT_EXCEEDED', `Cannot read the tar: it has more than ${this.#limits.entries} entries`);
    }
    const context = this.#prefix.consume();
    const entry = readEntry({ bytes, at, kind: declaredKind }, context);
    const type = bytes[at + FIELDS.typeflag[0]];
    if (entry.kind !== 'file' && type !== DUMP_FOLDER) return this.#startContent(entry, 0);
    const storedSize = context.local?.size ?? readStoredSize(bytes, at);
    if (type === DUMP_FOLDER) {
      // GNU's incremental archives list a folder's names in its content.
      this.#startContent(entry, 0);
      this.#skip(storedSize + paddingAfter(storedSize));
    } else if (type === OLD_SPARSE) {
      this.#startSparse(startOldSparse({ entry, storedSize, limits: this.#limits }, bytes, at));
    } else if (context.local?.sparse !== undefined) {
      this.#startSparse(startPaxSparse({ entry, storedSize, limits: this.#limits }, context.local.sparse));
    } else {
      entry.sizeBytes = storedSize;
      this.#startContent(entry, storedSize);
    }
  }

  #startSparse(sparse: SparseStart): void {
    this.#sparse = sparse;
    this.#state = 'sparse-map';
    if (!sparse.isComplete) return;
    this.#sparse = undefined;
    const { entry, storedSize } = sparse.finish();
    this.#startContent(entry, storedSize);
  }

  #startContent(entry: TarEntry, storedSize: number): void {
    this.#handler.entry(entry);
    if (storedSize === 0) {
      this.#handler.endEntry();
      this.#skip(0);
      return;
    }
    this.#content.start(storedSize, entry.sparse);
    this.#toSkip = paddingAfter(storedSize);
    this.#state = 'content';
  }

  #takeContent(bytes: Buffer, at: number): number {
    const next = this.#content.take(bytes, at);
    if (this.#content.isDone) {
      this.#handler.endEntry();
      this.#skip(this.#toSkip);
    }
    return next;
  }

  #skip(size: number): void {
    this.#toSkip = size;
    this.#state = size === 0 ? 'header' : 'skip';
  }

  #takeSkipped(bytes: Buffer, at: number): number {
    const taken = Math.min(this.#toSkip, bytes.length - at);
    this.#skip(this.#toSkip - taken);
    return at + taken;
  }

  #invalid(why: string): Error {
    return layerError('TAR_INVALID', `Cannot read the tar: at byte ${this.#position} ${why}`);
  }
}
