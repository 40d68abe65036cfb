import { digestBytes } from '@slipway/oci/node';
import { afterEach, expect, it } from 'vitest';
import { HashThread } from './hash-thread.ts';

const threads: HashThread[] = [];
afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.close();
});

function open(worker: string): HashThread {
  const thread = new HashThread(new URL(`../testing/${worker}`, import.meta.url));
  threads.push(thread);
  return thread;
}

function shared(text: string): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(64);
  Buffer.from(memory).write(text);
  return memory;
}

it.each(['sha256', 'sha512'] as const)('HashThread computes the %s of interleaved digests', async (algorithm) => {
  const thread = open('hash-worker.ts');
  const one = thread.begin(algorithm);
  const two = thread.begin(algorithm);
  await Promise.all([one.update(shared('hello '), 6), two.update(shared('other'), 5), one.update(shared('world?'), 5)]);
  expect(await Promise.all([one.digest(), two.digest()])).toEqual([digestBytes('hello world', algorithm), digestBytes('other', algorithm)]);
});

it('HashThread that dies loses its digests and nothing else; the next one starts it again', async () => {
  const thread = open('dying-hash-worker.ts');
  const lost = thread.begin('sha256');
  for (let index = 0; index < 5; index += 1) await lost.update(shared('x'), 1);
  expect(await lost.digest()).toBeUndefined();
  const next = thread.begin('sha256');
  await next.update(shared('x'), 1);
  expect(await next.digest()).toBe(digestBytes('x'));
});

it('HashThread that cannot start gives no digest', async () => {
  const digest = open('no-such-file.ts').begin('sha256');
  await digest.update(shared('x'), 1);
  expect(await digest.digest()).toBeUndefined();
});
