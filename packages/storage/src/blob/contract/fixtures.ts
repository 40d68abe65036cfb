import { Readable, Writable } from 'node:stream';
import { buffer as collect } from 'node:stream/consumers';
import { type Digest, type DigestAlgorithm, parseDigest } from '@slipway/oci';
import { digestBytes } from '@slipway/oci/node';
import type { AppendOptions, BlobStore, OpenBlob, UploadStat } from '../blob-store.ts';

/** One storage under test. */
export interface OpenedBlobStore {
  readonly store: BlobStore;
  /** Opens another store over the same bytes, as a restart does; absent when nothing survives the process. */
  readonly reopen?: () => Promise<BlobStore>;
  readonly dispose: () => Promise<void>;
}

export const MIB = 1024 * 1024;
export const ABSENT = parseDigest(`sha256:${'0'.repeat(64)}`);

export async function push(store: BlobStore, bytes: Buffer, id = 'push', algorithm: DigestAlgorithm = 'sha256'): Promise<Digest> {
  const digest = digestBytes(bytes, algorithm);
  await store.createUpload(id);
  await store.append(id, chunked(bytes), { algorithm });
  await store.commit(id, digest);
  return digest;
}

export async function append(store: BlobStore, id: string, bytes: Buffer, options?: AppendOptions): Promise<UploadStat> {
  return await store.append(id, chunked(bytes), options);
}

/** Bytes that differ at every place a block could start, so that a chunk out of order shows. */
export function pattern(sizeBytes: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  let state = seed;
  for (let index = 0; index < sizeBytes; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    bytes[index] = state >>> 16;
  }
  return bytes;
}

export function chunked(bytes: Buffer, chunkBytes = 64 * 1024): Readable {
  const chunks: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += chunkBytes) chunks.push(bytes.subarray(start, start + chunkBytes));
  return Readable.from(chunks);
}

export function breaking(bytes: Buffer): Readable {
  return Readable.from(
    (async function* () {
      yield* chunked(bytes);
      throw new Error('line cut');
    })(),
  );
}

export async function openBlob(store: BlobStore, digest: Digest): Promise<OpenBlob> {
  const blob = await store.open(digest);
  if (blob === undefined) throw new Error(`${digest} is not there`);
  return blob;
}

export async function contentOf(store: BlobStore, digest: Digest): Promise<Buffer> {
  await using blob = await openBlob(store, digest);
  return await collect(blob.stream());
}

/** Keeps what it is given without copying, and calls back at once. */
export class Collector extends Writable {
  readonly #chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#chunks.push(chunk);
    callback();
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

export async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
