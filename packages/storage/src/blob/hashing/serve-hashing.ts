import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { LruCache } from '@slipway/base';
import type { HashAnswer, HashQuestion } from './protocol.ts';

/** Digests that were begun and never asked for; a forgotten one costs its upload a pass over the file. */
const MAX_DIGESTS = 4000;

/** The body of a hashing thread: an application's worker file calls it once. */
export function serveHashing(): void {
  if (parentPort === null) throw new Error('serveHashing runs in a worker thread only');
  const port = parentPort;
  const states = new LruCache<number, Hash>({ maxWeight: MAX_DIGESTS });
  port.on('message', (question: HashQuestion | null) => {
    if (question === null) port.close();
    else port.postMessage(answer(states, question));
  });
}

function answer(states: LruCache<number, Hash>, question: HashQuestion): HashAnswer {
  const { key, sequence } = question;
  const state = states.get(key);
  if (question.kind === 'digest') {
    states.delete(key);
    return state === undefined ? { sequence } : { sequence, hex: state.digest('hex') };
  }
  const hash = state ?? createHash(question.algorithm);
  if (state === undefined) states.set(key, hash);
  hash.update(new Uint8Array(question.memory, 0, question.lengthBytes));
  return { sequence };
}
