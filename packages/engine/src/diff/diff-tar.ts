import { closeSync } from 'node:fs';
import { encodeTarHeader } from '@slipway/oci/node';
import { entryOf } from './entry-of.ts';
import { type NodePlace, readFully } from './is-same-node.ts';
import { TarBytes } from './tar-bytes.ts';
import type { TreeDiff } from './tree-diff.ts';

const BUFFER_BYTES = 128 * 1024;
const BLOCK_BYTES = 512;
const LOOKS_AT_ONCE = 256;
const NOTHING = Buffer.alloc(0);
const TRAILER = Buffer.alloc(2 * BLOCK_BYTES);

/** What went into the archive so far. */
export interface DiffCounts {
  entries: number;
  fileBytes: number;
}

export interface DiffTarOptions {
  readonly timestampSeconds?: number | undefined;
  readonly counts: DiffCounts;
}

/**
 * The layer tar of a diff, in large pieces, made and read as they are taken: no promise an entry, and a file's bytes go from the kernel straight
 * into the piece, which is overwritten by the next one. An empty piece
 * only lets its taker do something else while the tree has no changes. Errors: those of `TreeDiff`, TAR_ENTRY_INVALID for what tar can't hold.
 */
export function* diffTar(diff: TreeDiff, { timestampSeconds, counts }: DiffTarOptions): Generator<Buffer, void, void> {
  const tar = new TarBytes(BUFFER_BYTES);
  let looks = 0;
  for (let change = diff.next(); change !== undefined; change = diff.next()) {
    if (change === 'nothing') {
      if (++looks % LOOKS_AT_ONCE === 0) yield NOTHING;
      continue;
    }
    yield* append(tar, encodeTarHeader(entryOf(change, timestampSeconds)));
    counts.entries++;
    if (change.kind !== 'node') continue;
    const { kind, sizeBytes } = change.place.node;
    counts.fileBytes += sizeBytes;
    if (kind === 'file' && sizeBytes > 0) yield* appendFile(tar, change.place);
  }
  yield* append(tar, TRAILER);
  yield tar.take();
}

function* append(tar: TarBytes, bytes: Buffer): Generator<Buffer, void, void> {
  for (let at = 0; at < bytes.length; ) {
    if (tar.isFull) yield tar.take();
    const copied = bytes.copy(tar.room(), 0, at);
    tar.commit(copied);
    at += copied;
  }
}

function* appendFile(tar: TarBytes, place: NodePlace): Generator<Buffer, void, void> {
  const { folder, name, node } = place;
  const fd = folder.openFile(name, node);
  try {
    for (let at = 0; at < node.sizeBytes; ) {
      if (tar.isFull) yield tar.take();
      const target = tar.room().subarray(0, node.sizeBytes - at);
      readFully({ ...place, fd }, target, at);
      tar.commit(target.length);
      at += target.length;
    }
    folder.requireUnchanged(fd, name, node);
  } finally {
    closeSync(fd);
  }
  yield* append(tar, TRAILER.subarray(0, (BLOCK_BYTES - (node.sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES));
}
