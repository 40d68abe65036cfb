import { write } from 'node:fs';

export interface LineWriterOptions {
  /** Where lines go: 1 is standard output. */
  readonly descriptor: number;
  /** How long a line may wait for others. */
  readonly gatherMs?: number;
  /** Lines beyond this many characters are dropped while the reader does not keep up. */
  readonly maxWaiting?: number;
}

const GATHER_MS = 200;
const GATHER_LENGTH = 8192;
const MAX_WAITING = 16 * 1024 * 1024;

/**
 * Writes log lines to a file descriptor, gathered, through the thread pool: a reader that is slow or gone never holds up the server. Lines
 * that cannot be written are lost: nothing is left to tell it to.
 */
export class LineWriter {
  readonly #descriptor: number;
  readonly #gatherMs: number;
  readonly #maxWaiting: number;
  #waiting = '';
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isBroken = false;

  constructor(options: LineWriterOptions) {
    this.#descriptor = options.descriptor;
    this.#gatherMs = options.gatherMs ?? GATHER_MS;
    this.#maxWaiting = options.maxWaiting ?? MAX_WAITING;
  }

  write(line: string): void {
    if (this.#isBroken || this.#waiting.length + line.length > this.#maxWaiting) return;
    this.#waiting += line;
    if (this.#waiting.length >= GATHER_LENGTH) void this.#send();
    else this.#timer ??= setTimeout(() => void this.#send(), this.#gatherMs).unref();
  }

  /** Resolves when everything given so far is written, or cannot be, or `timeoutMs` are over. */
  async flush(timeoutMs: number): Promise<void> {
    const deadline = new Promise<void>((resolve) => setTimeout(resolve, timeoutMs).unref());
    await Promise.race([deadline, this.#sendAll()]);
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting !== '' || this.#writing !== undefined) await this.#send();
  }

  #send(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #drain(): Promise<void> {
    while (this.#waiting !== '' && !this.#isBroken) {
      const text = Buffer.from(this.#waiting);
      this.#waiting = '';
      await this.#writeFully(text);
    }
    if (this.#isBroken) this.#waiting = '';
  }

  async #writeFully(bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const outcome = await writeSome(this.#descriptor, bytes.subarray(done));
      if (outcome === 'full') await new Promise((resolve) => setTimeout(resolve, 10));
      else if (outcome === 'broken') {
        this.#isBroken = true;
        return;
      } else done += outcome;
    }
  }
}

/** How many bytes went out; `full` when the pipe takes none now; `broken` when nobody will read any. A full disk loses the bytes, not the log. */
function writeSome(descriptor: number, bytes: Buffer): Promise<number | 'full' | 'broken'> {
  return new Promise((resolve) => {
    write(descriptor, bytes, (error, written) => {
      if (error === null) resolve(written);
      else if (error.code === 'EAGAIN') resolve('full');
      else if (error.code === 'EPIPE' || error.code === 'EBADF') resolve('broken');
      else resolve(bytes.length);
    });
  });
}
