import { type Compression, DETECTION_BYTES, detectCompression } from './compression.ts';
import { CountedDigest } from './counted-digest.ts';
import { type InflateOptions, inflate } from './inflate.ts';
import type { LayerDigests, LayerStream } from './layer-stream.ts';

/**
 * Unpacks a layer's blob, plain or compressed as its first bytes say, and hashes blob and tar in the same pass: `content` is the tar.
 * Errors of `content`: those of `inflate` and `detectCompression`.
 */
export function openLayer(source: AsyncIterable<Uint8Array>, options: InflateOptions = {}): LayerStream {
  const packed = new CountedDigest();
  const unpacked = new CountedDigest();
  let compression: Compression = 'none';
  let isDone = false;
  async function* content(): AsyncGenerator<Buffer, void, void> {
    const teed = packed.tee(source);
    try {
      const { first, all } = await peek(teed);
      compression = detectCompression(first);
      const tar = inflate(all, compression, options);
      // A plain tar is its own blob: one digest is enough.
      yield* compression === 'none' ? tar : unpacked.tee(tar);
      isDone = true;
    } finally {
      await teed.return();
    }
  }
  return {
    content: content(),
    digests() {
      if (!isDone) throw new TypeError('The digests of a layer are known only once it was read to its end');
      const tar = compression === 'none' ? packed : unpacked;
      return { compression, digest: packed.digest(), sizeBytes: packed.sizeBytes, diffId: tar.digest(), diffSizeBytes: tar.sizeBytes };
    },
  };
}

/** Digests and sizes of a layer's blob and of the tar in it. Errors: as for `openLayer`. */
export async function computeLayer(source: AsyncIterable<Uint8Array>, options: InflateOptions = {}): Promise<LayerDigests> {
  const layer = openLayer(source, options);
  for await (const chunk of layer.content) void chunk;
  return layer.digests();
}

interface Peeked {
  readonly first: Buffer;
  readonly all: AsyncIterable<Uint8Array>;
}

async function peek(source: AsyncGenerator<Uint8Array, void, void>): Promise<Peeked> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  while (sizeBytes < DETECTION_BYTES) {
    const { value, done } = await source.next();
    if (done === true) break;
    pieces.push(Uint8Array.from(value));
    sizeBytes += value.length;
  }
  async function* all(): AsyncGenerator<Uint8Array, void, void> {
    yield* pieces;
    yield* source;
  }
  return { first: Buffer.concat(pieces), all: all() };
}
