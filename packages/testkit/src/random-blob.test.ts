import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { randomBlob, randomStream } from './random-blob.ts';

test('randomBlob() depends on the seed alone and does not compress', () => {
  const blob = randomBlob(100_000, 'a');
  expect(blob.length).toBe(100_000);
  expect(randomBlob(100_000, 'a').equals(blob)).toBe(true);
  expect(randomBlob(100_000, 'b').equals(blob)).toBe(false);
  expect(gzipSync(blob).length).toBeGreaterThan(99_000);
  expect(randomBlob(0).length).toBe(0);
});

test('randomStream() yields the bytes of randomBlob()', async () => {
  const sizeBytes = 3 * 1024 * 1024 + 17;
  const hash = createHash('sha256');
  for await (const chunk of randomStream(sizeBytes, 7)) hash.update(chunk);
  expect(hash.digest('hex')).toBe(createHash('sha256').update(randomBlob(sizeBytes, 7)).digest('hex'));
});
