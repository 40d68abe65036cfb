import { layerError } from '../layer-errors.ts';
import { formatOf } from './header-block.ts';
import type { PaxSparse } from './pax-overrides.ts';
import { checkSegments, readExtensionSegments, readHeaderSegments, SparseMapReader } from './sparse-map.ts';
import { BLOCK_BYTES, FIELDS, readNumber } from './tar-block.ts';
import type { TarEntry } from './tar-entry.ts';
import type { TarLimits } from './tar-limits.ts';

/** A sparse file whose map is still being read. `addBlock` is wanted until `isComplete`. */
export interface SparseStart {
  readonly isComplete: boolean;
  addBlock(bytes: Buffer, at: number): void;
  /** The entry with its map, and the bytes of content that follow. Errors: TAR_INVALID. */
  finish(): { entry: TarEntry; storedSize: number };
}

export interface SparseFile {
  readonly entry: TarEntry;
  readonly storedSize: number;
  readonly limits: TarLimits;
}

/** GNU's oldest format: four segments in the header block, more in blocks after it. Errors: TAR_INVALID, TAR_LIMIT_EXCEEDED. */
export function startOldSparse({ entry, storedSize, limits }: SparseFile, bytes: Buffer, at: number): SparseStart {
  if (formatOf(bytes, at) !== 'gnu') throw invalid("its header is not in GNU's format");
  const realSize = readNumber(bytes, at + FIELDS.sparseRealSize[0], FIELDS.sparseRealSize[1]);
  if (realSize === undefined || realSize < 0) throw invalid('its size is not a number');
  const header = readHeaderSegments(bytes, at);
  const numbers = header.numbers;
  let isComplete = !header.isExtended;
  return {
    get isComplete() {
      return isComplete;
    },
    addBlock(block, blockAt) {
      const extension = readExtensionSegments(block, blockAt);
      numbers.push(...extension.numbers);
      if (numbers.length > 2 * limits.sparseSegments) {
        throw layerError('TAR_LIMIT_EXCEEDED', `Cannot read a sparse file: it has more than ${limits.sparseSegments} segments`);
      }
      isComplete = !extension.isExtended;
      // Else a map without end could grow out of nothing.
      if (!isComplete && extension.numbers.length === 0) throw invalid('a part of its map is empty');
    },
    finish: () => finishSparse(entry, numbers, { realSize, storedSize }),
  };
}

/** GNU's formats on top of PAX: 1.0 keeps its map in front of the content, 0.0 and 0.1 in the records. Errors: TAR_INVALID. */
export function startPaxSparse({ entry, storedSize, limits }: SparseFile, records: PaxSparse): SparseStart {
  const realSize = records.realSize ?? storedSize;
  if (records.version !== '1.0') {
    if (records.blockCount !== undefined && records.numbers.length !== 2 * records.blockCount) {
      throw invalid(`its map has not the ${records.blockCount} segments it speaks of`);
    }
    return { isComplete: true, addBlock() {}, finish: () => finishSparse(entry, records.numbers, { realSize, storedSize }) };
  }
  const map = new SparseMapReader(limits);
  let isComplete = false;
  return {
    get isComplete() {
      return isComplete;
    },
    addBlock(bytes, at) {
      if (map.bytesRead + BLOCK_BYTES > storedSize) throw invalid('its map is longer than its content');
      isComplete = map.addBlock(bytes, at);
    },
    finish: () => finishSparse(entry, map.numbers, { realSize, storedSize: storedSize - map.bytesRead }),
  };
}

interface SparseSizes {
  readonly realSize: number;
  readonly storedSize: number;
}

function finishSparse(entry: TarEntry, numbers: readonly number[], sizes: SparseSizes): { entry: TarEntry; storedSize: number } {
  const sparse = checkSegments(numbers, sizes);
  return { entry: { ...entry, sizeBytes: sizes.realSize, sparse }, storedSize: sizes.storedSize };
}

function invalid(why: string): Error {
  return layerError('TAR_INVALID', `Cannot read a sparse file: ${why}`);
}
