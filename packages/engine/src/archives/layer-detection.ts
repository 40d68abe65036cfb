import { type Compression, detectCompression, TarParser } from '@slipway/oci/node';

const BLOCK_BYTES = 512;
const NOBODY = { entry: () => undefined, data: () => undefined, endEntry: () => undefined };

/** Whether a file is a layer, as its first 512 bytes say; `compressed` also for compressions that no layer may have. */
export function layerKindOf(first: Buffer): 'plain' | 'compressed' | 'other' {
  if (isTar(first)) return 'plain';
  return readCompression(first) === 'none' ? 'other' : 'compressed';
}

function isTar(first: Buffer): boolean {
  if (first.length < BLOCK_BYTES) return false;
  try {
    // A layer without files starts with zeros.
    new TarParser(NOBODY).write(first.subarray(0, BLOCK_BYTES));
    return true;
  } catch {
    return false;
  }
}

function readCompression(first: Buffer): Compression | 'refused' {
  try {
    return detectCompression(first);
  } catch {
    return 'refused';
  }
}
