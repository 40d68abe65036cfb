import type { TarEntryToWrite } from './entry-to-write.ts';
import { Gather, TAR_TRAILER, type TarContent, tarPieces } from './write-tar.ts';

/** Takes the next bytes of the archive and may keep them; the next call waits for what it returns. */
export type TarSink = (bytes: Buffer) => Promise<void> | void;

/** One call at a time. An entry whose content fails leaves the archive unusable. */
export interface TarWriter {
  /** Adds an entry and its content of exactly `sizeBytes` bytes. Errors: TAR_ENTRY_INVALID, and those of content and sink. */
  entry(entry: TarEntryToWrite, content?: TarContent): Promise<void>;
  /** Writes the two closing blocks and hands everything over. The sink stays open. */
  end(): Promise<void>;
}

/** The pushing form of `writeTar`, with the same bytes. */
export function createTarWriter(sink: TarSink): TarWriter {
  const gather = new Gather();
  async function pass(buffers: readonly Buffer[]): Promise<void> {
    for (const buffer of buffers) await sink(buffer);
  }
  return {
    async entry(entry, content) {
      const pieces = tarPieces(entry, content);
      if (Symbol.asyncIterator in pieces) for await (const piece of pieces) await pass(gather.add(piece));
      else for (const piece of pieces) await pass(gather.add(piece));
    },
    async end() {
      await pass(gather.add(TAR_TRAILER));
      await pass(gather.take());
    },
  };
}
