import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Digest } from '@slipway/oci';
import { blobOf, randomBlob } from '@slipway/testkit';
import { describe, expect, test } from 'vitest';
import { openTestHome, type TestHome } from '../images/testing/open-test-home.ts';

const BYTES = randomBlob(300_000, 1);
const BLOB = named(BYTES);

function named(bytes: Buffer) {
  const { digest, size } = blobOf(bytes).descriptor;
  return { digest: digest as Digest, size };
}

function uploadsOf(at: TestHome): string[] {
  return readdirSync(join(at.home.content, 'uploads'));
}

describe('ContentStore.write()', () => {
  test('keeps the bytes under their digest, held by the lease, in the file it named first', async () => {
    await using at = await openTestHome();
    await using lease = await at.leases.open('pull');
    let inode = 0;
    await at.content.write(BLOB, Readable.from([BYTES]), {
      lease,
      onFile: (path) => {
        inode = statSync(path).ino;
      },
    });
    expect(statSync(at.content.pathOf(BLOB.digest)).ino).toBe(inode);
    expect(await at.content.stat(BLOB.digest)).toEqual({ sizeBytes: BYTES.length });
    expect(at.state.all('SELECT digest FROM lease_content')).toEqual([{ digest: BLOB.digest }]);
    expect(uploadsOf(at)).toEqual([]);
  });

  test.each([
    ['other bytes', Buffer.alloc(BYTES.length), 'DIGEST_MISMATCH'],
    ['fewer bytes', BYTES.subarray(1), 'LENGTH_MISMATCH'],
    ['more bytes', Buffer.concat([BYTES, BYTES]), 'LENGTH_MISMATCH'],
  ])('leaves nothing of %s', async (_, bytes, code) => {
    await using at = await openTestHome();
    await using lease = await at.leases.open('pull');
    const source = Readable.from([bytes]);
    await expect(at.content.write(BLOB, source, { lease })).rejects.toMatchObject({ code });
    expect(source.destroyed).toBe(true);
    expect(await at.content.stat(BLOB.digest)).toBeUndefined();
    expect(uploadsOf(at)).toEqual([]);
  });

  test('leaves nothing when the source breaks off or the signal aborts', async () => {
    await using at = await openTestHome();
    await using lease = await at.leases.open('pull');
    const broken = Readable.from(
      (async function* () {
        yield BYTES.subarray(0, 1000);
        await Promise.resolve();
        throw new Error('cut off');
      })(),
    );
    await expect(at.content.write(BLOB, broken, { lease })).rejects.toThrow('cut off');
    const controller = new AbortController();
    const endless = new Readable({ read: () => undefined });
    const writing = at.content.write(BLOB, endless, {
      lease,
      signal: controller.signal,
      onFile: () => controller.abort(new Error('enough')),
    });
    await expect(writing).rejects.toThrow('enough');
    expect(endless.destroyed).toBe(true);
    expect(uploadsOf(at)).toEqual([]);
  });
});

describe('ContentStore.createFile()', () => {
  test('makes content of what somebody else wrote, once it is verified', async () => {
    await using at = await openTestHome();
    await using lease = await at.leases.open('push');
    const file = await at.content.createFile({ lease });
    writeFileSync(file.path, BYTES);
    await file.commit(BLOB.digest);
    await file.cancel();
    expect(readFileSync(at.content.pathOf(BLOB.digest)).equals(BYTES)).toBe(true);
    const other = await at.content.createFile({ lease });
    appendFileSync(other.path, 'nothing like it');
    await expect(other.commit(BLOB.digest)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    const third = await at.content.createFile({ lease });
    await third.cancel();
    await third.cancel();
    expect(uploadsOf(at)).toEqual([]);
  });
});

describe('ContentStore.read()', () => {
  test('verifies what it reads', async () => {
    await using at = await openTestHome();
    await using lease = await at.leases.open('pull');
    expect(await at.content.put(BYTES, { lease })).toEqual(BLOB);
    expect((await at.content.read(BLOB)).equals(BYTES)).toBe(true);
    await expect(at.content.read({ ...BLOB, size: 1 })).rejects.toMatchObject({ code: 'CONTENT_CORRUPT' });
    await expect(at.content.read(BLOB, { maxBytes: 1000 })).rejects.toMatchObject({ code: 'CONTENT_TOO_LARGE' });
    writeFileSync(at.content.pathOf(BLOB.digest), Buffer.alloc(BYTES.length));
    await expect(at.content.read(BLOB)).rejects.toMatchObject({ code: 'CONTENT_CORRUPT' });
    truncateSync(at.content.pathOf(BLOB.digest), 5);
    await expect(at.content.openBlob(BLOB)).rejects.toMatchObject({ code: 'CONTENT_CORRUPT' });
  });

  test('makes no folder for content that is not there', async () => {
    await using at = await openTestHome();
    await expect(at.content.read(BLOB)).rejects.toMatchObject({ code: 'CONTENT_MISSING' });
    await expect(at.content.openBlob(BLOB)).rejects.toMatchObject({ code: 'CONTENT_MISSING' });
    expect(await at.content.stat(BLOB.digest)).toBeUndefined();
    expect(await at.content.open(BLOB.digest)).toBeUndefined();
    expect(existsSync(at.home.content)).toBe(false);
  });
});

describe('ContentStore.openBlob()', () => {
  test('streams from an offset, also when the content is collected meanwhile', async () => {
    await using at = await openTestHome();
    const lease = await at.leases.open('pull');
    await at.content.put(BYTES, { lease });
    await lease[Symbol.asyncDispose]();
    const stream = await at.content.openBlob(BLOB, { offset: 100_000 });
    await at.collect();
    expect(await at.content.stat(BLOB.digest)).toBeUndefined();
    expect((await buffer(stream)).equals(BYTES.subarray(100_000))).toBe(true);
  });

  test('gives an empty stream at the end', async () => {
    await using at = await openTestHome();
    await using lease = await at.leases.open('pull');
    await at.content.put(BYTES, { lease });
    expect(await buffer(await at.content.openBlob(BLOB, { offset: BYTES.length }))).toHaveLength(0);
  });

  test('ends with the signal', async () => {
    await using at = await openTestHome();
    await using lease = await at.leases.open('pull');
    await at.content.put(BYTES, { lease });
    const controller = new AbortController();
    const stream = await at.content.openBlob(BLOB, { signal: controller.signal });
    controller.abort();
    await expect(buffer(stream)).rejects.toMatchObject({ name: 'AbortError' });
    expect(stream.destroyed).toBe(true);
  });
});
