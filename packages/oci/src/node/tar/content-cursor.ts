import type { SparseSegment } from './tar-entry.ts';

export interface ContentHandler {
  data(bytes: Buffer, offset: number): void;
}

/** Hands an entry's stored bytes on, each run with its place in the unpacked file. */
export class ContentCursor {
  readonly #handler: ContentHandler;
  #remaining = 0;
  #offset = 0;
  #segments: readonly SparseSegment[] | undefined;
  #segment = 0;
  #segmentRemaining = 0;

  constructor(handler: ContentHandler) {
    this.#handler = handler;
  }

  get isDone(): boolean {
    return this.#remaining === 0;
  }

  /** The lengths of the segments must add up to `storedSize`. */
  start(storedSize: number, segments: readonly SparseSegment[] | undefined): void {
    this.#remaining = storedSize;
    this.#offset = 0;
    this.#segments = segments;
    this.#segment = -1;
    this.#segmentRemaining = segments === undefined ? storedSize : 0;
  }

  /** Passes on as much of the content as `bytes` holds from `at` on, up to the end of a segment; returns where it stopped. */
  take(bytes: Buffer, at: number): number {
    if (this.#segmentRemaining === 0) this.#nextSegment();
    const end = Math.min(bytes.length, at + this.#segmentRemaining);
    this.#handler.data(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end), this.#offset);
    const taken = end - at;
    this.#offset += taken;
    this.#segmentRemaining -= taken;
    this.#remaining -= taken;
    return end;
  }

  #nextSegment(): void {
    this.#segment++;
    const segment = (this.#segments as readonly SparseSegment[])[this.#segment] as SparseSegment;
    this.#offset = segment.offset;
    this.#segmentRemaining = segment.length;
  }
}
