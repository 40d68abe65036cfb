import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { benchError } from '../errors.ts';

export interface Answer {
  readonly status: number;
  /** Path and query of `Location`, without the origin; empty when there is none. */
  readonly location: string;
  readonly bodyBytes: number;
}

export interface ExchangeOptions {
  /** Sees the body's bytes; they are overwritten when it returns. */
  readonly onBody?: (bytes: Buffer) => void;
  /** An answer to HEAD has a length and no body. */
  readonly isHead?: boolean;
}

interface Pending {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  readonly options: ExchangeOptions;
}

const READ_BUFFER_BYTES = 512 * 1024;
const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * One HTTP/1.1 connection with as little work a byte as JavaScript allows, so that the load costs less than the server: one reused read buffer,
 * no header objects, no pipelining, bodies with Content-Length only. Ends with its first failure.
 */
export class Connection {
  readonly #socket: Socket;
  #pending: Pending | undefined;
  #head: Buffer = Buffer.alloc(0);
  #answer: { status: number; location: string } | undefined;
  #bodyBytes = 0;
  #left = 0;

  private constructor(port: number) {
    const onread = {
      buffer: Buffer.allocUnsafe(READ_BUFFER_BYTES),
      callback: (count: number, buffer: Uint8Array) => this.#read(count, buffer),
    };
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true, onread });
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () =>
      this.#fail(benchError('LOAD_FAILED', 'The server closed the connection before its answer was complete')),
    );
  }

  static async open(port: number): Promise<Connection> {
    const connection = new Connection(port);
    await once(connection.#socket, 'connect');
    return connection;
  }

  /** Sends the parts one after the other, keeping to the socket's pace, and resolves when the answer is complete. */
  async exchange(parts: Iterable<string | Uint8Array>, options: ExchangeOptions = {}): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#pending = { resolve, reject, options };
    const sent = this.#send(parts).catch(reject);
    const answer = await promise;
    await sent;
    return answer;
  }

  close(): void {
    this.#socket.destroy();
  }

  async #send(parts: Iterable<string | Uint8Array>): Promise<void> {
    this.#socket.cork();
    let isCorked = true;
    for (const part of parts) {
      if (this.#socket.write(part)) continue;
      if (isCorked) this.#socket.uncork();
      isCorked = false;
      if (this.#socket.writableNeedDrain) await once(this.#socket, 'drain');
    }
    if (isCorked) this.#socket.uncork();
  }

  #read(count: number, buffer: Uint8Array): boolean {
    const bytes = Buffer.from(buffer.buffer, buffer.byteOffset, count);
    if (this.#answer !== undefined) this.#takeBody(bytes);
    else this.#takeHead(bytes);
    return true;
  }

  #takeHead(bytes: Buffer): void {
    const head = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes]);
    const end = head.indexOf(HEAD_END);
    if (end < 0) {
      this.#head = Buffer.from(head);
      return;
    }
    const text = head.toString('latin1', 0, end + 2);
    const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
    const status = Number(text.slice(9, 12));
    if (length === undefined && status !== 204) this.#fail(benchError('LOAD_FAILED', `The answer has no Content-Length:\n${text}`));
    this.#answer = { status, location: /\r\nlocation: *(?:https?:\/\/[^/\r]+)?([^\r]*)/i.exec(text)?.[1] ?? '' };
    this.#left = this.#pending?.options.isHead === true ? 0 : Number(length ?? 0);
    this.#head = Buffer.alloc(0);
    this.#takeBody(head.subarray(end + 4));
  }

  #takeBody(bytes: Buffer): void {
    if (bytes.length > this.#left)
      this.#fail(benchError('LOAD_FAILED', `The answer is longer than its Content-Length by ${bytes.length - this.#left}`));
    this.#left -= bytes.length;
    this.#bodyBytes += bytes.length;
    if (bytes.length > 0) this.#pending?.options.onBody?.(bytes);
    if (this.#left > 0 || this.#answer === undefined) return;
    const answer = { ...this.#answer, bodyBytes: this.#bodyBytes };
    const pending = this.#pending;
    this.#pending = undefined;
    this.#answer = undefined;
    this.#bodyBytes = 0;
    pending?.resolve(answer);
  }

  #fail(error: Error): void {
    this.#pending?.reject(error);
    this.#pending = undefined;
    this.#socket.destroy();
  }
}
