import { randomFillSync } from 'node:crypto';

// Bytes that compress like a layer's, and streams over them.

/** Half text, half noise, the same for each run of a test but not within it. */
export function layerBytes(sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes; at += 8192) {
    bytes.fill(`line ${at} of a file that repeats itself, `, at, Math.min(at + 4096, sizeBytes));
    randomFillSync(bytes, Math.min(at + 4096, sizeBytes), Math.max(0, Math.min(4096, sizeBytes - at - 4096)));
  }
  return bytes;
}

export interface Watched {
  readonly source: AsyncGenerator<Buffer, void, void>;
  readonly state: { taken: number; isClosed: boolean };
}

/** A source that counts what is asked of it. */
export function watched(bytes: Uint8Array, pieceBytes = 65_536): Watched {
  const state = { taken: 0, isClosed: false };
  async function* source(): AsyncGenerator<Buffer, void, void> {
    try {
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        state.taken++;
        yield Buffer.from(bytes.subarray(at, at + pieceBytes));
      }
    } finally {
      state.isClosed = true;
    }
  }
  return { state, source: source() };
}

export async function collect(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}
