import { abortable } from '../abortable.ts';
import type { TarEntry } from './tar-entry.ts';
import { TarParser, type TarParserOptions } from './tar-parser.ts';

/** Stored bytes of a file and where they belong in it. */
export interface TarSegment {
  readonly offset: number;
  /** A view into the source's chunk: valid until the next one is asked for. */
  readonly bytes: Buffer;
}

/** An entry together with its content, which can be read once and only before the next entry is asked for. */
export interface TarReadEntry extends TarEntry {
  /** The bytes of a file in order, holes as zeros. */
  content(): AsyncGenerator<Buffer, void, void>;
  /** The bytes that the archive holds: leaves the holes of a sparse file out. */
  segments(): AsyncGenerator<TarSegment, void, void>;
}

export interface ReadTarOptions extends TarParserOptions {
  readonly signal?: AbortSignal;
}

type Event =
  | { readonly kind: 'entry'; readonly entry: TarEntry }
  | { readonly kind: 'data'; readonly segment: TarSegment }
  | { readonly kind: 'end-entry' };

const ZEROS = Buffer.alloc(64 * 1024);

/**
 * Walks the entries of a tar archive. The source is read only as fast as entries and their content are taken, and to its end, so that
 * digests over it are complete; content nobody reads is skipped. The source is closed when the walk stops early.
 * Errors: those of `TarParser`; the signal's reason.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>, options: ReadTarOptions = {}): AsyncGenerator<TarReadEntry, void, void> {
  const events = new EventSource(source, options);
  try {
    for (;;) {
      const event = events.take() ?? (await events.next());
      if (event === undefined) return;
      if (event.kind === 'entry') yield withContent(event.entry, events);
    }
  } finally {
    await events.close();
  }
}

function withContent(entry: TarEntry, events: EventSource): TarReadEntry {
  const serial = events.serial;
  function checkPlace(): void {
    if (events.serial !== serial) throw new TypeError(`The content of "${entry.name}" can't be read any more: the walk went on`);
  }
  async function* segments(): AsyncGenerator<TarSegment, void, void> {
    checkPlace();
    for (let event = await events.next(); event?.kind === 'data'; event = await events.next()) yield event.segment;
  }
  async function* content(): AsyncGenerator<Buffer, void, void> {
    checkPlace();
    let offset = 0;
    for (;;) {
      // Awaited only where the parser needs more: most files are in the chunk at hand.
      const event = events.take() ?? (await events.next());
      if (event?.kind !== 'data') break;
      const { segment } = event;
      if (segment.offset > offset) yield* zeros(segment.offset - offset);
      yield segment.bytes;
      offset = segment.offset + segment.bytes.length;
    }
    if (entry.sizeBytes > offset) yield* zeros(entry.sizeBytes - offset);
  }
  return { ...entry, content, segments };
}

function* zeros(count: number): Generator<Buffer, void, void> {
  for (let left = count; left > 0; left -= ZEROS.length) yield left >= ZEROS.length ? ZEROS : ZEROS.subarray(0, left);
}

/** What the parser says about one chunk of the source at a time. */
class EventSource {
  readonly #chunks: AsyncGenerator<Uint8Array, void, void>;
  readonly #parser: TarParser;
  #events: Event[] = [];
  #at = 0;
  #isDone = false;
  /** Changes with each entry that begins or ends. */
  serial = 0;

  constructor(source: AsyncIterable<Uint8Array>, { signal, ...limits }: ReadTarOptions) {
    this.#chunks = abortable(source, signal);
    this.#parser = new TarParser(
      {
        entry: (entry) => this.#events.push({ kind: 'entry', entry }),
        data: (bytes, offset) => this.#events.push({ kind: 'data', segment: { bytes, offset } }),
        endEntry: () => this.#events.push({ kind: 'end-entry' }),
      },
      limits,
    );
  }

  async next(): Promise<Event | undefined> {
    while (this.#at === this.#events.length) {
      if (this.#isDone) return undefined;
      await this.#fill();
    }
    return this.take();
  }

  /** The next event if it is known already. */
  take(): Event | undefined {
    const event = this.#events[this.#at];
    if (event === undefined) return undefined;
    this.#at++;
    if (event.kind !== 'data') this.serial++;
    return event;
  }

  async close(): Promise<void> {
    if (this.#isDone) return;
    this.#isDone = true;
    await this.#chunks.return();
  }

  async #fill(): Promise<void> {
    this.#events = [];
    this.#at = 0;
    const next = await this.#chunks.next();
    if (next.done === true) {
      this.#isDone = true;
      this.#parser.end();
    } else {
      this.#parser.write(next.value);
    }
  }
}
