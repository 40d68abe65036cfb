import { layerError } from '../layer-errors.ts';
import { hasValidChecksum } from '../tar/tar-block.ts';

/** How a layer's bytes are packed; `none` is a plain tar. */
export type Compression = 'gzip' | 'zstd' | 'none';

/** With this many bytes, or all there are, `detectCompression` is never wrong about a tar. */
export const DETECTION_BYTES = 512;

const ZSTD = Buffer.from('28b52ffd', 'hex');
/** Zstandard's skippable frames have sixteen magic numbers, which differ in their first byte. */
const ZSTD_SKIPPABLE = Buffer.from('2a4d18', 'hex');

const REFUSED: ReadonlyArray<{ readonly magic: Buffer; readonly name: string }> = [
  { magic: Buffer.from('fd377a585a00', 'hex'), name: 'xz' },
  { magic: Buffer.from('BZh'), name: 'bzip2' },
  { magic: Buffer.from('04224d18', 'hex'), name: 'lz4' },
  { magic: Buffer.from('LZIP'), name: 'lzip' },
  { magic: Buffer.from('1f9d', 'hex'), name: 'compress' },
];

/** Tells from its first bytes how a layer is packed, whatever its media type says. Errors: COMPRESSION_UNSUPPORTED, for xz, bzip2 and others. */
export function detectCompression(first: Uint8Array): Compression {
  const bytes = Buffer.from(first.buffer, first.byteOffset, first.byteLength);
  if (bytes.length >= DETECTION_BYTES && hasValidChecksum(bytes, 0)) return 'none';
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip';
  if (startsWith(bytes, ZSTD) || (((bytes[0] ?? 0) & 0xf0) === 0x50 && startsWith(bytes.subarray(1), ZSTD_SKIPPABLE))) return 'zstd';
  const refused = REFUSED.find(({ magic }) => startsWith(bytes, magic));
  if (refused === undefined) return 'none';
  throw layerError('COMPRESSION_UNSUPPORTED', `Cannot unpack the layer: it is compressed with ${refused.name}`);
}

function startsWith(bytes: Buffer, magic: Buffer): boolean {
  return bytes.length >= magic.length && bytes.subarray(0, magic.length).equals(magic);
}
