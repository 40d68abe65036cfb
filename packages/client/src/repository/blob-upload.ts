import type { Readable } from 'node:stream';
import { isAppError } from '@slipway/base';
import type { Descriptor } from '@slipway/oci';
import { clientError } from '../errors.ts';
import { answerError } from '../http/answer-error.ts';
import { discardBody } from '../http/body.ts';
import { readableOf } from '../http/readable-of.ts';
import { Retry } from '../http/retry.ts';
import { locationOf, openUpload, statBlob } from './blobs.ts';
import type { CallOptions } from './manifests.ts';
import { type Remote, sendOnceTo } from './remote.ts';

/** Opens the content from an offset to its end; called again when sending has to be taken up anew. */
export type OpenContent = (offset: number) => Readable | Promise<Readable>;

export interface BlobContent {
  readonly descriptor: Descriptor;
  readonly open: OpenContent;
}

export interface UploadOptions extends CallOptions {
  /** How many bytes the registry has; goes back when an upload begins anew. */
  onProgress?(doneBytes: number): void;
}

export interface UploadSession {
  readonly location: string;
  /** How many bytes the registry has. */
  readonly offset: number;
  readonly minChunkBytes: number;
}

/** Sends a blob in an upload session; a session that breaks is resumed where the registry stands, or replaced. */
export class BlobUpload {
  readonly #remote: Remote;
  readonly #descriptor: Descriptor;
  readonly #open: OpenContent;
  readonly #options: UploadOptions;
  readonly #call: CallOptions;
  readonly #doing: string;

  constructor(remote: Remote, content: BlobContent, options: UploadOptions) {
    this.#remote = remote;
    this.#descriptor = content.descriptor;
    this.#open = content.open;
    this.#options = options;
    this.#call = options.signal === undefined ? {} : { signal: options.signal };
    this.#doing = `Cannot push ${content.descriptor.digest} to "${remote.label}"`;
  }

  async run(first: UploadSession | undefined): Promise<void> {
    const retry = new Retry(this.#remote.host.options);
    let session = first;
    for (;;) {
      try {
        session ??= await this.#begin();
        while (session.offset < this.#descriptor.size) {
          const next: UploadSession = await this.#send(session);
          if (next.offset <= session.offset) throw clientError('ANSWER_INVALID', `${this.#doing}: the registry took none of the bytes`);
          session = next;
          retry.reset();
        }
        await this.#commit(session);
        return;
      } catch (error) {
        await retry.wait(asRetryable(error), this.#options.signal);
        // The answer to a commit may be what was lost.
        if ((await statBlob(this.#remote, this.#descriptor.digest, { access: 'push', ...this.#call })) !== undefined) return;
        const resumed: UploadSession | undefined = session === undefined ? undefined : await this.#resume(session);
        if (resumed !== undefined && session !== undefined && resumed.offset > session.offset) retry.reset();
        session = resumed;
      }
    }
  }

  async #begin(): Promise<UploadSession> {
    const outcome = await openUpload(this.#remote, undefined, this.#call);
    if (outcome.kind === 'mounted') throw clientError('ANSWER_INVALID', `${this.#doing}: the registry opened no upload session`);
    return { ...outcome, offset: 0 };
  }

  async #send(session: UploadSession): Promise<UploadSession> {
    const { size } = this.#descriptor;
    const { uploadChunkBytes } = this.#remote.host.options.limits;
    const { offset } = session;
    const end = uploadChunkBytes === 0 ? size : Math.min(size, offset + Math.max(uploadChunkBytes, session.minChunkBytes));
    // A whole blob goes without a range, as docker sends it: not every registry knows ranges here.
    const range = offset === 0 && end === size ? {} : { 'content-range': `${offset}-${end - 1}` };
    let sentBytes = 0;
    const response = await sendOnceTo(this.#remote, {
      method: 'PATCH',
      path: session.location,
      access: 'push',
      doing: this.#doing,
      headers: { 'content-type': 'application/octet-stream', ...range },
      // Much of the body may still be in buffers on the way, and is written to the registry's disk, when its last byte has left here.
      responseTimeoutMs: this.#remote.host.options.limits.commitTimeoutMs,
      body: {
        sizeBytes: end - offset,
        open: async () => {
          sentBytes = 0;
          return limitStream(await this.#open(offset), end === size ? undefined : end - offset);
        },
        onSent: (bytes) => {
          sentBytes += bytes;
          this.#options.onProgress?.(offset + sentBytes);
        },
      },
      ...this.#call,
    });
    const reading = this.#remote.host.reading(this.#options.signal);
    if (response.status !== 202 && response.status !== 201 && response.status !== 204) {
      throw await answerError(response, { doing: this.#doing, ...reading });
    }
    await discardBody(response, reading);
    return {
      ...session,
      location: locationOf(response.headers.location, response.url) ?? session.location,
      offset: uploadChunkBytes === 0 ? end : Math.min(end, offsetFrom(response.headers['range']) ?? end),
    };
  }

  async #commit(session: UploadSession): Promise<void> {
    const { location } = session;
    const response = await sendOnceTo(this.#remote, {
      method: 'PUT',
      path: `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(this.#descriptor.digest)}`,
      access: 'push',
      doing: this.#doing,
      responseTimeoutMs: this.#remote.host.options.limits.commitTimeoutMs,
      ...this.#call,
    });
    const reading = this.#remote.host.reading(this.#options.signal);
    if (response.status >= 300) throw await answerError(response, { doing: this.#doing, ...reading });
    await discardBody(response, reading);
  }

  /** Where the registry stands, or undefined when it is better to begin anew. */
  async #resume(session: UploadSession): Promise<UploadSession | undefined> {
    const response = await sendOnceTo(this.#remote, {
      method: 'GET',
      path: session.location,
      access: 'push',
      doing: this.#doing,
      ...this.#call,
    }).catch((error: unknown) => {
      // The registry is still away: the next attempt begins anew.
      if (isAppError(error) && this.#options.signal?.aborted !== true) return undefined;
      throw error;
    });
    if (response === undefined) return undefined;
    await discardBody(response, this.#remote.host.reading(this.#options.signal));
    const offset = offsetFrom(response.headers['range']);
    // `0-0` may mean one byte or none.
    if (response.status >= 300 || offset === undefined || offset <= 1 || offset > this.#descriptor.size) return undefined;
    this.#options.onProgress?.(offset);
    return { ...session, location: locationOf(response.headers.location, response.url) ?? session.location, offset };
  }
}

/** A session that is gone or stands elsewhere (404, 416) can be replaced by a new one. */
function asRetryable(error: unknown): unknown {
  if (!isAppError(error) || typeof error.details !== 'object' || error.details === null) return error;
  const status: unknown = Reflect.get(error.details, 'status');
  if (error.code === 'DENIED' || (status !== 404 && status !== 416)) return error;
  return clientError('REGISTRY_FAILED', error.message, { cause: error, details: error.details });
}

function offsetFrom(range: string | undefined): number | undefined {
  const [, end] = /^(?:bytes=)?0-(\d+)$/.exec(range ?? '') ?? [];
  return end === undefined ? undefined : Number(end) + 1;
}

function limitStream(stream: Readable, sizeBytes: number | undefined): Readable {
  if (sizeBytes === undefined) return stream;
  return readableOf(firstBytes(stream, sizeBytes), () => stream.destroy());
}

async function* firstBytes(source: AsyncIterable<Buffer>, sizeBytes: number): AsyncGenerator<Buffer, void, void> {
  let left = sizeBytes;
  for await (const chunk of source) {
    yield chunk.subarray(0, left);
    left -= Math.min(left, chunk.length);
    if (left === 0) return;
  }
}
