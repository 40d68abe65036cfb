import type { Readable } from 'node:stream';
import { algorithmOf, type Descriptor } from '@slipway/oci';
import { createDigester } from '@slipway/oci/node';
import { clientError } from '../errors.ts';
import { answerError } from '../http/answer-error.ts';
import { readChunks } from '../http/body.ts';
import type { HttpResponse } from '../http/exchange.ts';
import { readableOf } from '../http/readable-of.ts';
import { Retry } from '../http/retry.ts';
import type { CallOptions } from './manifests.ts';
import { type Remote, sendOnceTo } from './remote.ts';

export interface OpenBlobOptions extends CallOptions {
  /** Where to start. Only a stream from the start can be verified against the digest; any other against the size alone. */
  readonly offset?: number;
  /** `size` is for those who compare the digest themselves; `digest` when absent. */
  readonly verify?: 'digest' | 'size';
  /** How many bytes of the blob were handed on. */
  onProgress?(doneBytes: number): void;
}

/**
 * The content of a blob as a stream that ends only when size and digest are right. A connection that breaks or stalls is replaced: the
 * stream goes on where it stood (`Range`, `If-Range`), or from the start, passing over what came before, where a registry knows no ranges.
 * Rejects before the first byte with BLOB_UNKNOWN or DENIED; the stream fails with DIGEST_MISMATCH, SIZE_MISMATCH, TRUNCATED, STALLED and
 * the like. Destroy it to give it up. Each chunk has memory of its own, which whoever takes it may free: `ownsChunks` says so.
 */
export async function openBlob(remote: Remote, descriptor: Descriptor, options: OpenBlobOptions = {}): Promise<Readable> {
  const download = new BlobDownload(remote, descriptor, options);
  await download.open();
  return Object.assign(
    readableOf(download.chunks(), () => download.close()),
    { ownsChunks: true } as const,
  );
}

class BlobDownload {
  readonly #remote: Remote;
  readonly #descriptor: Descriptor;
  readonly #options: OpenBlobOptions;
  readonly #retry: Retry;
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;
  #position: number;
  #response: HttpResponse | undefined;
  /** Bytes of the present response that came before. */
  #repeatedBytes = 0;
  #etag: string | undefined;
  #hasRanges = true;

  constructor(remote: Remote, descriptor: Descriptor, options: OpenBlobOptions) {
    this.#remote = remote;
    this.#descriptor = descriptor;
    this.#options = options;
    this.#position = options.offset ?? 0;
    this.#retry = new Retry(remote.host.options);
    this.#signal = options.signal === undefined ? this.#closing.signal : AbortSignal.any([options.signal, this.#closing.signal]);
  }

  async open(): Promise<void> {
    while (this.#response === undefined) {
      try {
        this.#response = await this.#request();
      } catch (error) {
        await this.#retry.wait(error, this.#signal);
      }
    }
  }

  close(): void {
    this.#closing.abort();
    if (this.#response?.body.readableEnded === false) this.#response.body.destroy();
  }

  async *chunks(): AsyncGenerator<Buffer, void, void> {
    const { digest, size } = this.#descriptor;
    const isVerified = this.#position === 0 && this.#options.verify !== 'size';
    const digester = isVerified ? createDigester(algorithmOf(digest)) : undefined;
    do {
      await this.open();
      try {
        for await (const chunk of this.#newChunks()) {
          digester?.update(chunk);
          yield chunk;
        }
        if (this.#position < size) throw this.#failure('TRUNCATED', `it ended after ${this.#position} of ${size} bytes`);
      } catch (error) {
        await this.#retry.wait(error, this.#signal);
      } finally {
        this.#response = undefined;
      }
    } while (this.#position < size);
    const actual = digester?.digest() ?? digest;
    if (actual !== digest) throw this.#failure('DIGEST_MISMATCH', `what came is ${actual}`);
  }

  async *#newChunks(): AsyncGenerator<Buffer, void, void> {
    if (this.#response === undefined) return;
    for await (const chunk of readChunks(this.#response, this.#remote.host.reading(this.#signal))) {
      const fresh = chunk.subarray(Math.min(this.#repeatedBytes, chunk.length));
      this.#repeatedBytes -= chunk.length - fresh.length;
      if (fresh.length === 0) continue;
      this.#position += fresh.length;
      if (this.#position > this.#descriptor.size) throw this.#sizeMismatch('more bytes come');
      this.#retry.reset();
      this.#options.onProgress?.(this.#position);
      yield fresh;
    }
  }

  async #request(): Promise<HttpResponse> {
    const wantsRange = this.#position > 0 && this.#hasRanges;
    const doing = `Cannot download ${this.#descriptor.digest} of "${this.#remote.label}"`;
    const signal = this.#signal;
    const response = await sendOnceTo(this.#remote, {
      method: 'GET',
      path: `blobs/${this.#descriptor.digest}`,
      access: 'pull',
      doing,
      headers: wantsRange ? { range: `bytes=${this.#position}-`, ...(this.#etag === undefined ? {} : { 'if-range': this.#etag }) } : {},
      signal,
    });
    if (response.status === 416 && wantsRange) {
      response.body.destroy();
      this.#hasRanges = false;
      return await this.#request();
    }
    if (response.status !== 200 && response.status !== 206) {
      throw await answerError(response, { doing, notFound: 'BLOB_UNKNOWN', ...this.#remote.host.reading(signal) });
    }
    try {
      this.#repeatedBytes = this.#position - this.#startOf(response);
    } catch (error) {
      response.body.destroy();
      throw error;
    }
    const { etag } = response.headers;
    if (etag?.startsWith('"') === true) this.#etag = etag;
    return response;
  }

  /** Where the response starts, after its claims about the size were found right. */
  #startOf(response: HttpResponse): number {
    const { size } = this.#descriptor;
    if (response.status === 200) {
      const length = response.headers['content-length'];
      if (length !== undefined && Number(length) !== size) throw this.#sizeMismatch(`the registry has ${length}`);
      return 0;
    }
    const [, start = '', total = ''] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers['content-range'] ?? '') ?? [];
    if (total !== '*' && total !== '' && Number(total) !== size) throw this.#sizeMismatch(`the registry has ${total}`);
    if (start === '' || Number(start) > this.#position)
      throw this.#failure('ANSWER_INVALID', 'the registry sent another range than asked for');
    return Number(start);
  }

  #sizeMismatch(why: string): Error {
    return this.#failure('SIZE_MISMATCH', `${this.#descriptor.size} bytes were expected, but ${why}`);
  }

  #failure(code: 'TRUNCATED' | 'DIGEST_MISMATCH' | 'SIZE_MISMATCH' | 'ANSWER_INVALID', why: string): Error {
    return clientError(code, `Cannot download ${this.#descriptor.digest} of "${this.#remote.label}": ${why}`);
  }
}
