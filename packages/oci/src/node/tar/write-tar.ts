import { layerError } from '../layer-errors.ts';
import type { TarEntryToWrite } from './entry-to-write.ts';
import { BLOCK_BYTES, paddingAfter } from './tar-block.ts';
import { encodeTarHeader } from './tar-header-encoder.ts';

export type TarContent = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** An entry and, for a file, its content of exactly `sizeBytes` bytes. */
export interface TarMember {
  readonly entry: TarEntryToWrite;
  readonly content?: TarContent;
}

/** The two blocks that close an archive. */
export const TAR_TRAILER = Buffer.alloc(2 * BLOCK_BYTES);

const NOTHING: readonly Buffer[] = [];
const NO_BYTES = new Uint8Array();

/** Smaller pieces are gathered into buffers of this size. */
const GATHER_BYTES = 256 * 1024;

/**
 * The bytes of an archive of `members`, byte for byte the same for equal members: see `encodeTarHeader`. Made as fast as they are taken, in
 * buffers the taker may keep; large pieces of content are passed on as they are. Errors: TAR_ENTRY_INVALID, and those of the members.
 */
export async function* writeTar(members: Iterable<TarMember> | AsyncIterable<TarMember>): AsyncGenerator<Buffer, void, void> {
  const gather = new Gather();
  for await (const { entry, content } of members) {
    const pieces = tarPieces(entry, content);
    if (Symbol.asyncIterator in pieces) for await (const piece of pieces) yield* gather.add(piece);
    else for (const piece of pieces) yield* gather.add(piece);
  }
  yield* gather.add(TAR_TRAILER);
  yield* gather.take();
}

/** Header, content and padding of one entry; a list where nothing has to be waited for. Errors: TAR_ENTRY_INVALID. */
export function tarPieces(
  entry: TarEntryToWrite,
  content: TarContent | undefined,
): readonly Uint8Array[] | AsyncGenerator<Uint8Array, void, void> {
  if (content !== undefined && !(content instanceof Uint8Array)) return streamedPieces(entry, content);
  const bytes = content ?? NO_BYTES;
  const header = encodeTarHeader(entry);
  if (bytes.length !== (entry.sizeBytes ?? 0)) throw mismatch(entry, String(bytes.length));
  return bytes.length === 0 ? [header] : [header, bytes, paddingFor(bytes.length)];
}

async function* streamedPieces(
  entry: TarEntryToWrite,
  content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  yield encodeTarHeader(entry);
  const size = entry.sizeBytes ?? 0;
  let written = 0;
  for await (const piece of content) {
    written += piece.length;
    if (written > size) throw mismatch(entry, `more than ${size}`);
    yield piece;
  }
  if (written !== size) throw mismatch(entry, String(written));
  yield paddingFor(size);
}

function paddingFor(sizeBytes: number): Buffer {
  return TAR_TRAILER.subarray(0, paddingAfter(sizeBytes));
}

/** Copies small pieces together; each method returns the buffers that are ready, in order, and forgets them. */
export class Gather {
  #buffer = Buffer.allocUnsafeSlow(GATHER_BYTES);
  #filled = 0;

  add(bytes: Uint8Array): readonly Buffer[] {
    if (this.#filled + bytes.length <= GATHER_BYTES) {
      this.#buffer.set(bytes, this.#filled);
      this.#filled += bytes.length;
      return NOTHING;
    }
    const ready = this.take();
    if (bytes.length >= GATHER_BYTES) {
      ready.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    } else {
      this.#buffer.set(bytes, this.#filled);
      this.#filled += bytes.length;
    }
    return ready;
  }

  take(): Buffer[] {
    if (this.#filled === 0) return [];
    const full = this.#buffer.subarray(0, this.#filled);
    this.#buffer = Buffer.allocUnsafeSlow(GATHER_BYTES);
    this.#filled = 0;
    return [full];
  }
}

function mismatch(entry: TarEntryToWrite, actual: string): Error {
  const name = typeof entry.name === 'string' ? entry.name : Buffer.from(entry.name).toString();
  const message = `Cannot write ${JSON.stringify(name)} to a tar: its content has ${actual} bytes, not ${entry.sizeBytes ?? 0}`;
  return layerError('TAR_ENTRY_INVALID', message, { hint: 'The file changed while it was read.' });
}
