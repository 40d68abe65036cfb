import { createReadStream, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { compressLayer, createDigester, type LayerDigests, type LayerStream, openLayer } from '@slipway/oci/node';
import { hasIsalDeflater } from '../system/isal-deflater.ts';
import { createIsalInflater } from '../system/isal-inflater.ts';
import type { JobContext } from '../worker/job-context.ts';
import type { DiffInput, DiffOutcome, DiffProgress } from './diff-job.ts';
import type { BlobSource, DiffSource } from './diff-source.ts';
import { type DiffCounts, diffTar } from './diff-tar.ts';
import type { LayerFilePacker } from './pack-layer-file.ts';
import { TreeDiff } from './tree-diff.ts';

export type DiffContext = JobContext<DiffProgress> & {
  /** Compresses beside this thread; without it `igzip` does, or zlib. */
  readonly packFile?: LayerFilePacker;
};

/** ISA-L and its `igzip` have the levels 0 to 3; more is zlib's. */
const ISAL_MAX_LEVEL = 3;
/** As `igzip` is told when no level is asked for. */
const ISAL_DEFAULT_LEVEL = 3;
/** An abort comes as an event, and reading and writing here are no reason for the loop to turn. */
const PIECES_AT_ONCE = 16;
const BLOB_PIECE_BYTES = 256 * 1024;

/**
 * Writes what changed in a tree as a layer's blob, and takes diffId, digest and sizes in the same pass. Equal changes give equal tars, however they
 * are kept (overlay or copy), in whatever order folders list their names and on any number of threads; equal blobs too, with the same compressor.
 * The file is forced to disk when this resolves; when it rejects, the file is the caller's to remove.
 * Errors: CHANGED_WHILE_READ (conflict), LAYER_READ_FAILED, LAYER_UNSUPPORTED, TAR_ENTRY_INVALID, the signal's reason.
 */
export async function diffLayer(input: DiffInput, job: DiffContext): Promise<DiffOutcome> {
  const counts: DiffCounts = { entries: 0, fileBytes: 0 };
  const tar = tarOf(input, counts, job);
  const { kind, level = ISAL_DEFAULT_LEVEL } = input.compression;
  if (job.packFile !== undefined && kind === 'gzip' && level <= ISAL_MAX_LEVEL && hasIsalDeflater()) {
    return { ...(await packByIsal(tar, job.packFile, { output: input.output, level })), ...counts };
  }
  const layer = packed(tar, input, job);
  await writeLayer(layer, input.output);
  return { ...layer.digests(), ...counts };
}

async function packByIsal(
  tar: AsyncIterable<Buffer>,
  packFile: LayerFilePacker,
  options: Parameters<LayerFilePacker>[1],
): Promise<LayerDigests> {
  const digester = createDigester();
  let diffSizeBytes = 0;
  async function* hashed(): AsyncGenerator<Buffer, void, void> {
    for await (const piece of tar) {
      digester.update(piece);
      diffSizeBytes += piece.length;
      yield piece;
    }
  }
  const file = await packFile(hashed(), options);
  return { compression: 'gzip', ...file, diffId: digester.digest(), diffSizeBytes };
}

async function* tarOf(input: DiffInput, counts: DiffCounts, job: JobContext<DiffProgress>): AsyncGenerator<Buffer, void, void> {
  let doneBytes = 0;
  let pieces = 0;
  for await (const piece of input.source.kind === 'blob' ? openTar(input.source, input.igzip) : readTree(input.source, input, counts)) {
    if (pieces++ % PIECES_AT_ONCE === 0 || piece.length === 0) await setImmediate();
    job.signal.throwIfAborted();
    if (piece.length > 0) yield piece;
    doneBytes += piece.length;
    job.progress({ doneBytes });
  }
}

function* readTree(source: DiffSource, { timestampSeconds }: DiffInput, counts: DiffCounts): Generator<Buffer, void, void> {
  using diff = new TreeDiff(source);
  yield* diffTar(diff, { timestampSeconds, counts });
}

function openTar({ path }: BlobSource, igzip: string | undefined): AsyncIterable<Buffer> {
  return openLayer(createReadStream(path, { highWaterMark: BLOB_PIECE_BYTES }), { gunzip: createIsalInflater(), igzip }).content;
}

function packed(tar: AsyncIterable<Buffer>, { compression, igzip, threads }: DiffInput, job: JobContext<DiffProgress>): LayerStream {
  const { kind, level } = compression;
  if (kind === 'none') return plainLayer(tar);
  return compressLayer(tar, {
    kind,
    ...(level === undefined ? {} : { level }),
    ...(threads === undefined ? {} : { threads }),
    signal: job.signal,
    igzip: (level ?? 0) > ISAL_MAX_LEVEL ? undefined : igzip,
  });
}

/** A tar that is its own blob. */
function plainLayer(tar: AsyncIterable<Buffer>): LayerStream {
  const digester = createDigester();
  let sizeBytes = 0;
  async function* content(): AsyncGenerator<Buffer, void, void> {
    for await (const piece of tar) {
      digester.update(piece);
      sizeBytes += piece.length;
      yield piece;
    }
  }
  return {
    content: content(),
    digests() {
      const digest = digester.digest();
      return { compression: 'none', digest, diffId: digest, sizeBytes, diffSizeBytes: sizeBytes };
    },
  };
}

/** Writes synchronously: the pieces go to the page cache, in a process that has nothing else to do meanwhile. */
async function writeLayer(layer: LayerStream, path: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    for await (const piece of layer.content) {
      for (let at = 0; at < piece.length; ) at += writeSync(file.fd, piece, at);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
