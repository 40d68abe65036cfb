import { Worker } from 'node:worker_threads';
import { type Digest, type DigestAlgorithm, isDigest } from '@slipway/oci';
import type { HashAnswer, HashQuestion } from './protocol.ts';

/** A digest that a thread computes. */
export interface ThreadDigest {
  /** Hashes the first bytes of shared memory, which must not change until this resolves. Never rejects: what was lost is undefined in the end. */
  update(memory: SharedArrayBuffer, lengthBytes: number): Promise<void>;
  /** Ends it; undefined when the thread died or forgot. */
  digest(): Promise<Digest | undefined>;
}

/**
 * A thread that hashes: sha256 takes as long as everything else that an upload costs, so a second core nearly doubles its speed. Started with
 * the first digest; when it dies, its digests are lost and the next one starts it again.
 */
export class HashThread {
  readonly #file: URL;
  readonly #waiting = new Map<number, (answer: HashAnswer | undefined) => void>();
  #worker: Worker | undefined;
  #lastSequence = 0;
  #lastKey = 0;

  /** `file` is the application's worker file, which calls `serveHashing`. */
  constructor(file: URL) {
    this.#file = file;
  }

  begin(algorithm: DigestAlgorithm): ThreadDigest {
    this.#lastKey += 1;
    const key = this.#lastKey;
    const worker = this.#start();
    let isLost = false;
    return {
      update: async (memory, lengthBytes) => {
        if (isLost) return;
        const answer = await this.#ask(worker, { kind: 'update', key, algorithm, memory, lengthBytes });
        isLost ||= answer === undefined;
      },
      digest: async () => {
        const answer = isLost ? undefined : await this.#ask(worker, { kind: 'digest', key });
        const digest = `${algorithm}:${answer?.hex ?? ''}`;
        return isDigest(digest) ? digest : undefined;
      },
    };
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(this.#file, { name: 'hash' });
    worker.on('message', (answer: HashAnswer) => this.#settle(answer.sequence, answer));
    // Whatever ended it, 'exit' follows; without a listener an error would end the process.
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const sequence of this.#waiting.keys()) this.#settle(sequence, undefined);
    });
    worker.unref();
    this.#worker = worker;
    return worker;
  }

  #ask(worker: Worker, question: QuestionBody): Promise<HashAnswer | undefined> {
    if (this.#worker !== worker) return Promise.resolve(undefined);
    this.#lastSequence += 1;
    const sequence = this.#lastSequence;
    const { promise, resolve } = Promise.withResolvers<HashAnswer | undefined>();
    this.#waiting.set(sequence, resolve);
    worker.postMessage({ ...question, sequence } satisfies HashQuestion);
    return promise;
  }

  #settle(sequence: number, answer: HashAnswer | undefined): void {
    const resolve = this.#waiting.get(sequence);
    this.#waiting.delete(sequence);
    resolve?.(answer);
  }
}

type QuestionBody = HashQuestion extends infer Question ? (Question extends HashQuestion ? Omit<Question, 'sequence'> : never) : never;
