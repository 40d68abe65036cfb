import { availableParallelism } from 'node:os';
import { crc32 } from 'node:zlib';
import { abortable } from '../abortable.ts';
import { chunksOf } from './chunks-of.ts';
import { compressChunk } from './compress-chunk.ts';
import { CompressPool } from './compress-pool.ts';
import { CountedDigest } from './counted-digest.ts';
import { igzip } from './igzip.ts';
import type { LayerStream } from './layer-stream.ts';

export interface CompressLayerOptions {
  readonly kind: 'gzip' | 'zstd';
  /** gzip 1 to 9, 6 when absent; zstd 1 to 19, 3 when absent; `igzip` 0 to 3, 3 when absent. */
  readonly level?: number;
  /** Threads that compress at once: has no influence on the bytes. One for each processor when absent. */
  readonly threads?: number;
  /** Threads to share with other layers; `threads` then has no meaning. */
  readonly pool?: CompressPool;
  /**
   * The path of `igzip`, from `findIgzip`, for gzip several times as fast as zlib's and a few percent larger. Another compressor: the same
   * tar gets another digest with it, the same with each `igzip` of one version.
   */
  readonly igzip?: string | undefined;
  readonly signal?: AbortSignal;
}

/**
 * Part of the format of our layers: with another chunk size the same tar gets another digest. Deflate chunks see 32 KiB of the one before
 * them, so they may be small; zstd frames start from nothing.
 */
const CHUNK_BYTES = { gzip: 512 * 1024, zstd: 4 * 1024 * 1024 } as const;
const DEFAULT_LEVEL = { gzip: 6, zstd: 3 } as const;
const DICTIONARY_BYTES = 32 * 1024;

/** No name, no time, unknown system: as Go writes it. */
const GZIP_HEADER = Buffer.from('1f8b08000000000000ff', 'hex');
/** An empty last block. */
const DEFLATE_END = Buffer.from('0300', 'hex');

/**
 * Compresses a tar in worker threads and hashes tar and result in the same pass. One gzip member, or a zstd frame for each 4 MiB; the bytes
 * depend on the tar, kind and level alone (and the zlib and zstd inside Node). Memory: about two chunks a thread. A piece of the source
 * may be overwritten once the next one is asked for. The source is closed when the taker leaves early. Errors of `content`: the source's own, the signal's reason, COMPRESSION_CANCELLED when the pool is closed meanwhile.
 */
export function compressLayer(source: AsyncIterable<Uint8Array>, options: CompressLayerOptions): LayerStream {
  const packed = new CountedDigest();
  const unpacked = new CountedDigest();
  let isDone = false;
  async function* content(): AsyncGenerator<Buffer, void, void> {
    yield* packed.tee(compressed(abortable(source, options.signal), unpacked, options));
    isDone = true;
  }
  return {
    content: content(),
    digests() {
      if (!isDone) throw new TypeError('The digests of a layer are known only once it was read to its end');
      const sizes = { sizeBytes: packed.sizeBytes, diffSizeBytes: unpacked.sizeBytes };
      return { compression: options.kind, digest: packed.digest(), diffId: unpacked.digest(), ...sizes };
    },
  };
}

function compressed(
  source: AsyncIterable<Uint8Array>,
  unpacked: CountedDigest,
  options: CompressLayerOptions,
): AsyncGenerator<Buffer, void, void> {
  if (options.kind === 'zstd') return pack(source, unpacked, options);
  if (options.igzip === undefined) return gzip(source, unpacked, options);
  return igzip(unpacked.tee(source), options.igzip, options.level ?? 3);
}

async function* gzip(
  source: AsyncIterable<Uint8Array>,
  unpacked: CountedDigest,
  options: CompressLayerOptions,
): AsyncGenerator<Buffer, void, void> {
  let checksum = 0;
  async function* summed(): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of source) {
      checksum = crc32(chunk, checksum);
      yield chunk;
    }
  }
  yield GZIP_HEADER;
  yield* pack(summed(), unpacked, options);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksum, 0);
  trailer.writeUInt32LE(unpacked.sizeBytes % 2 ** 32, 4);
  yield Buffer.concat([DEFLATE_END, trailer]);
}

/** The compressed chunks in order, those that follow already being worked on. */
async function* pack(
  source: AsyncIterable<Uint8Array>,
  unpacked: CountedDigest,
  options: CompressLayerOptions,
): AsyncGenerator<Buffer, void, void> {
  const { kind, signal, level = DEFAULT_LEVEL[kind] } = options;
  const pool = options.pool ?? new CompressPool(Math.max(1, options.threads ?? availableParallelism()));
  const working: Array<Promise<Buffer>> = [];
  let dictionary: Uint8Array | undefined;
  let isFirst = true;
  let held: Buffer | undefined;
  try {
    for await (const bytes of chunksOf(unpacked.tee(source), CHUNK_BYTES[kind])) {
      signal?.throwIfAborted();
      if (held !== undefined) {
        const next = kind === 'gzip' ? Uint8Array.from(held.subarray(-DICTIONARY_BYTES)) : undefined;
        working.push(start(pool, { kind, level, bytes: held, dictionary }));
        dictionary = next;
        isFirst = false;
      }
      held = bytes;
      while (working.length > pool.threads + 1) yield await (working.shift() as Promise<Buffer>);
    }
    const last = { kind, level, bytes: held ?? Buffer.alloc(0), dictionary };
    // A layer of one chunk is not worth the start of a thread; one without a byte is an empty frame in zstd, and nothing more in gzip.
    if (isFirst) yield compressChunk(last);
    else working.push(start(pool, last));
    for (const compressed of working) {
      yield await compressed;
      signal?.throwIfAborted();
    }
  } finally {
    if (options.pool === undefined) await pool[Symbol.asyncDispose]();
  }
}

function start(pool: CompressPool, chunk: Parameters<CompressPool['run']>[0]): Promise<Buffer> {
  const compressed = pool.run(chunk);
  // Whoever awaits it hears of a failure; after an earlier one nobody does.
  compressed.catch(() => undefined);
  return compressed;
}
