import { constants, deflateRawSync, zstdCompressSync } from 'node:zlib';

/** A stretch of a layer that is compressed on its own. */
export interface CompressChunk {
  readonly kind: 'gzip' | 'zstd';
  readonly level: number;
  readonly bytes: Uint8Array;
  /** The bytes just before, which deflate may refer to. */
  readonly dictionary: Uint8Array | undefined;
}

/**
 * One chunk's share of the output, the same wherever and whenever it is made. gzip: deflate blocks up to a byte border, none of them the
 * last. zstd: a frame with its content's size and checksum.
 */
export function compressChunk({ kind, level, bytes, dictionary }: CompressChunk): Buffer {
  if (kind === 'gzip') {
    const options = { level, finishFlush: constants.Z_SYNC_FLUSH, memLevel: 8, chunkSize: 128 * 1024 };
    return deflateRawSync(bytes, dictionary === undefined ? options : { ...options, dictionary });
  }
  const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 };
  return zstdCompressSync(bytes, { params, pledgedSrcSize: bytes.length, chunkSize: 1024 * 1024 });
}
