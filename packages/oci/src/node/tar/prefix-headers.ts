import { layerError } from '../layer-errors.ts';
import type { HeaderContext } from './header-block.ts';
import { mergeGlobalPax, type PaxOverrides, parsePaxOverrides } from './pax-overrides.ts';
import { readText } from './tar-block.ts';
import type { TarLimits } from './tar-limits.ts';

export type PrefixType = 'x' | 'g' | 'L' | 'K';

export function prefixTypeOf(type: string): PrefixType | undefined {
  switch (type) {
    case 'x':
    case 'X':
      return 'x';
    case 'g':
    case 'L':
    case 'K':
      return type;
    default:
      return undefined;
  }
}

/** Gathers the headers that speak of the entry that follows them: PAX (`x`, Solaris' `X`), global PAX (`g`), GNU's long names (`L`, `K`). */
export class PrefixHeaders {
  readonly #limits: TarLimits;
  #type: PrefixType = 'x';
  #payload = Buffer.alloc(0);
  #filled = 0;
  #globals: PaxOverrides = {};
  #globalBytes = 0;
  #local: PaxOverrides | undefined;
  #longName: Buffer | undefined;
  #longLink: Buffer | undefined;

  constructor(limits: TarLimits) {
    this.#limits = limits;
  }

  /** Whether an entry has to follow. */
  get isPending(): boolean {
    return this.#local !== undefined || this.#longName !== undefined || this.#longLink !== undefined;
  }

  /** Starts a header with a payload of `size` bytes. Errors: TAR_LIMIT_EXCEEDED, before anything is allocated. */
  start(type: PrefixType, size: number): void {
    if (type === 'g') this.#globalBytes += size;
    const isPax = type === 'x' || type === 'g';
    const total = type === 'g' ? this.#globalBytes : size;
    // The NUL that closes a long name counts.
    const limit = isPax ? this.#limits.paxBytes : this.#limits.nameBytes + 1;
    if (total > limit) {
      const message = `Cannot read a tar header of type "${type}": it has ${total} bytes, ${limit} are allowed`;
      throw layerError('TAR_LIMIT_EXCEEDED', message);
    }
    this.#type = type;
    this.#payload = Buffer.allocUnsafe(size);
    this.#filled = 0;
  }

  /** Takes what `bytes` holds of the payload from `at` on; returns where it stopped. */
  take(bytes: Buffer, at: number): number {
    const taken = bytes.copy(this.#payload, this.#filled, at);
    this.#filled += taken;
    return at + taken;
  }

  get isComplete(): boolean {
    return this.#filled === this.#payload.length;
  }

  /** Reads the complete payload; returns its size. Errors: TAR_INVALID, TAR_LIMIT_EXCEEDED, TAR_UNSUPPORTED. */
  finish(): number {
    const payload = this.#payload;
    if (this.#type === 'x') this.#local = parsePaxOverrides(payload, this.#limits);
    else if (this.#type === 'g') this.#globals = mergeGlobalPax(this.#globals, payload, this.#limits);
    else if (this.#type === 'L') this.#longName = readText(payload, 0, payload.length);
    else this.#longLink = readText(payload, 0, payload.length);
    return payload.length;
  }

  /** What was said about the entry that starts now; forgotten then, but for what is global. */
  consume(): HeaderContext {
    const context = { globals: this.#globals, local: this.#local, longName: this.#longName, longLink: this.#longLink };
    this.#local = undefined;
    this.#longName = undefined;
    this.#longLink = undefined;
    return context;
  }
}
