/** Archives are made of blocks of this many bytes. */
export const BLOCK_BYTES = 512;

/** Where a header block keeps its fields: offset, then length. */
export const FIELDS = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  typeflag: [156, 1],
  linkName: [157, 100],
  magic: [257, 8],
  deviceMajor: [329, 8],
  deviceMinor: [337, 8],
  prefix: [345, 155],
  starPrefix: [345, 131],
  sparseSegments: [386, 96],
  sparseExtended: [482, 1],
  sparseRealSize: [483, 12],
} as const;

export type Field = readonly [offset: number, length: number];

const ZERO_BLOCK = Buffer.alloc(BLOCK_BYTES);
const CHECKSUM_AT = FIELDS.checksum[0];

export function isZeroBlock(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0 && ZERO_BLOCK.compare(bytes, at, at + BLOCK_BYTES) === 0;
}

/** Bytes that follow `sizeBytes` of content up to the next block. */
export function paddingAfter(sizeBytes: number): number {
  const rest = sizeBytes % BLOCK_BYTES;
  return rest === 0 ? 0 : BLOCK_BYTES - rest;
}

/** POSIX sums unsigned bytes; some historic writers summed signed ones. */
export function hasValidChecksum(bytes: Buffer, at: number): boolean {
  const stored = readOctal(bytes, at + CHECKSUM_AT, 8);
  const unsigned = checksumOf(bytes, at);
  return stored === unsigned || stored === unsigned - 256 * countHighBytes(bytes, at);
}

/** The unsigned sum of a header block, its checksum field counted as spaces. */
export function checksumOf(bytes: Buffer, at: number): number {
  let sum = 8 * 0x20;
  for (let index = at; index < at + CHECKSUM_AT; index++) sum += bytes[index] as number;
  for (let index = at + CHECKSUM_AT + 8; index < at + BLOCK_BYTES; index++) sum += bytes[index] as number;
  return sum;
}

function countHighBytes(bytes: Buffer, at: number): number {
  let count = 0;
  for (let index = at; index < at + BLOCK_BYTES; index++) {
    const isInChecksum = index >= at + CHECKSUM_AT && index < at + CHECKSUM_AT + 8;
    if (!isInChecksum && (bytes[index] as number) >= 0x80) count++;
  }
  return count;
}

/** A number in octal digits or, with the top bit set, in base 256; undefined when it is neither or not a safe integer. */
export function readNumber(bytes: Buffer, at: number, length: number): number | undefined {
  return (bytes[at] as number) >= 0x80 ? readBase256(bytes, at, length) : readOctal(bytes, at, length);
}

function readOctal(bytes: Buffer, at: number, length: number): number | undefined {
  const end = at + length;
  let index = at;
  while (index < end && isBlank(bytes[index])) index++;
  let value = 0;
  for (; index < end; index++) {
    const digit = (bytes[index] as number) - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  while (index < end && isBlank(bytes[index])) index++;
  // What follows a NUL is not looked at: some writers leave old content there.
  return index === end || (index > at && bytes[index - 1] === 0) ? value : undefined;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0;
}

/** GNU's extension: two's complement, big endian, below the marker bit. */
function readBase256(bytes: Buffer, at: number, length: number): number | undefined {
  const isNegative = ((bytes[at] as number) & 0x40) !== 0;
  let value = isNegative ? -1 : 0;
  for (let index = at; index < at + length; index++) {
    const byte = index === at ? (bytes[index] as number) & 0x3f : (bytes[index] as number);
    value = index === at && isNegative ? byte - 0x40 : value * 256 + byte;
    if (!Number.isSafeInteger(value)) return undefined;
  }
  return value;
}

/** The bytes of a field up to its first NUL, not copied. */
export function readText(bytes: Buffer, at: number, length: number): Buffer {
  let end = at;
  while (end < at + length && bytes[end] !== 0) end++;
  return bytes.subarray(at, end);
}
