import { Duplex } from 'node:stream';
import { abortable } from '../abortable.ts';
import { layerError } from '../layer-errors.ts';
import type { Compression } from './compression.ts';
import { gunzip } from './gunzip.ts';
import { gunzipMembers } from './gunzip-members.ts';
import { igunzip } from './igzip.ts';
import type { MemberInflater } from './member-inflater.ts';
import { unzstd } from './unzstd.ts';

export interface InflateOptions {
  readonly signal?: AbortSignal;
  /** Bytes that may come out; a bomb fails with LAYER_TOO_LARGE when it goes over that. */
  readonly limitBytes?: number;
  /** What inflates gzip, in memory it uses again: a chunk is then valid only until the next is asked for. */
  readonly gunzip?: MemberInflater | undefined;
  /** Where that is absent, the path of `igzip`, from `findIgzip`; node:zlib inflates gzip without either. */
  readonly igzip?: string | undefined;
}

/**
 * Unpacks `source` as fast as its result is taken, in chunks the taker may keep (see `gunzip`); memory does not depend on sizes. The source is read to its
 * end, and closed when the taker leaves early. Errors: COMPRESSION_INVALID, COMPRESSION_UNSUPPORTED, LAYER_TOO_LARGE; the source's own; the
 * signal's reason.
 */
export async function* inflate(
  source: AsyncIterable<Uint8Array>,
  kind: Compression,
  options: InflateOptions = {},
): AsyncGenerator<Buffer, void, void> {
  const { signal, limitBytes = Number.POSITIVE_INFINITY } = options;
  let sizeBytes = 0;
  for await (const chunk of unpack(abortable(source, signal), kind, options)) {
    signal?.throwIfAborted();
    sizeBytes += chunk.length;
    if (sizeBytes > limitBytes) throw layerError('LAYER_TOO_LARGE', `Cannot unpack the layer: it holds more than ${limitBytes} bytes`);
    yield chunk;
  }
}

/** `inflate` as a stream to put into a pipeline. */
export function createInflate(kind: Compression, options: InflateOptions = {}): Duplex {
  return Duplex.from((source: AsyncIterable<Uint8Array>) => inflate(source, kind, options));
}

function unpack(source: AsyncIterable<Uint8Array>, kind: Compression, { gunzip: inflater, igzip }: InflateOptions): AsyncIterable<Buffer> {
  switch (kind) {
    case 'gzip':
      if (inflater !== undefined) return gunzipMembers(source, inflater);
      return igzip === undefined ? gunzip(source) : igunzip(source, igzip);
    case 'zstd':
      return unzstd(source);
    case 'none':
      return buffers(source);
  }
}

async function* buffers(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, void> {
  for await (const chunk of source) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
