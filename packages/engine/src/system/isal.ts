import { loadKoffi } from './kernel.ts';

// Intel's ISA-L through its C interface. Its structures are the caller's there: their layout belongs to the version in the library's name.

const LIBRARY = 'libisal.so.2';

/** The library's functions as they are; a structure is memory with room to spare. */
export interface Isal {
  inflateInit(state: Buffer): void;
  inflateReset(state: Buffer): void;
  inflate(state: Buffer): number;
  deflateInit(stream: Buffer): void;
  deflate(stream: Buffer): number;
  /** Stays what it is as long as the buffer does. */
  addressOf(bytes: Buffer): bigint;
}

let found: { readonly isal: Isal | undefined } | undefined;

/** Undefined where it is not installed. Looked for once. */
export function findIsal(): Isal | undefined {
  found ??= { isal: load() };
  return found.isal;
}

function load(): Isal | undefined {
  const koffi = loadKoffi();
  try {
    const library = koffi.load(LIBRARY);
    return {
      inflateInit: library.func('void isal_inflate_init(void *state)') as Isal['inflateInit'],
      inflateReset: library.func('void isal_inflate_reset(void *state)') as Isal['inflateReset'],
      inflate: library.func('int isal_inflate(void *state)') as Isal['inflate'],
      deflateInit: library.func('void isal_deflate_init(void *stream)') as Isal['deflateInit'],
      deflate: library.func('int isal_deflate(void *stream)') as Isal['deflate'],
      addressOf: (bytes) => koffi.address(bytes),
    };
  } catch {
    // Not installed, or without these functions: other compressors remain.
    return undefined;
  }
}
