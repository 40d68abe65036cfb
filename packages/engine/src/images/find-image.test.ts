import { type Digest, parseReference } from '@slipway/oci';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { targetNamed } from './find-image.ts';
import { addTestImage, openTestHome, type TestHome } from './testing/open-test-home.ts';

const DIGEST = `sha256:${'d'.repeat(64)}` as Digest;

async function addRows(at: TestHome, ids: readonly string[]): Promise<void> {
  await at.state.write((tx) => {
    const sql = "INSERT INTO image (id, config_size, os, architecture, size_bytes) VALUES (?, 2, 'linux', 'amd64', 0)";
    for (const id of ids) tx.run(sql, id);
  });
}

describe('ImageStore.find()', () => {
  test('reads a name in every form that docker does', async () => {
    await using at = await openTestHome();
    const image = await addTestImage(at, {
      layers: ['one'],
      names: [parseReference('app'), parseReference('app:1')],
      digests: [{ repository: 'docker.io/library/app', digest: DIGEST }],
    });
    const hex = image.id.slice('sha256:'.length);
    const texts = ['app', 'app:latest', 'app:1', 'library/app', 'docker.io/library/app:1', 'index.docker.io/app', `app@${DIGEST}`];
    // The digest decides, whatever the tag.
    const others = [`app:9@${DIGEST}`, image.id, hex, hex.slice(0, 12), hex.slice(0, 3), image.id.slice(0, 20)];
    for (const text of [...texts, ...others]) expect(at.images.find(text)?.id, text).toBe(image.id);
    for (const text of ['app:2', 'other/app', 'localhost:5000/app', `app@sha256:${'e'.repeat(64)}`, DIGEST, 'zzz']) {
      expect(at.images.find(text), text).toBeUndefined();
    }
  });

  test('prefers a name to the digits of an id', async () => {
    await using at = await openTestHome();
    const id = `sha256:abc${'0'.repeat(61)}`;
    await addRows(at, [id]);
    expect(at.images.find('abc')?.id).toBe(id);
    const named = await addTestImage(at, { layers: ['one'], names: [parseReference('abc')] });
    expect(at.images.find('abc')?.id).toBe(named.id);
  });

  test('refuses digits that begin several ids', async () => {
    await using at = await openTestHome();
    await addRows(at, [`sha256:abc0${'0'.repeat(60)}`, `sha256:abc1${'0'.repeat(60)}`]);
    expect(() => at.images.find('abc')).toThrowError(expect.objectContaining({ code: 'IMAGE_AMBIGUOUS' }));
    expect(at.images.find('abc1')?.id).toBe(`sha256:abc1${'0'.repeat(60)}`);
  });

  test('refuses what is no reference', async () => {
    await using at = await openTestHome();
    for (const text of ['', 'App', 'app:', '-app', 'a b', 'app@sha256:12']) {
      expect(() => at.images.find(text), text).toThrowError(expect.objectContaining({ code: 'REFERENCE_INVALID' }));
    }
  });

  test('finds exactly the one image whose id begins so (property)', async () => {
    await using at = await openTestHome();
    const ids = Array.from({ length: 60 }, (_, i) => `sha256:${(i * 7919).toString(16).padStart(4, '0')}${'5'.repeat(60)}`);
    await addRows(at, ids);
    const prefixes = fc.tuple(fc.constantFrom(...ids), fc.integer({ min: 1, max: 63 })).map(([id, length]) => id.slice(7, 7 + length));
    fc.assert(
      fc.property(prefixes, (prefix) => {
        const matching = ids.filter((id) => id.slice(7).startsWith(prefix));
        if (matching.length === 1) expect(at.images.find(prefix)?.id).toBe(matching[0]);
        else expect(() => at.images.find(prefix)).toThrow('More than one image');
      }),
    );
  });
});

describe('targetNamed()', () => {
  const other = `sha256:${'e'.repeat(64)}` as Digest;
  const image = {
    names: [
      { repository: 'docker.io/library/app', tag: 'latest', target: DIGEST },
      { repository: 'docker.io/library/app', tag: 'local' },
    ],
    digests: [{ repository: 'docker.io/library/app', digest: DIGEST }],
  };

  test.each([['app'], ['docker.io/library/app:latest'], [`app@${DIGEST}`], [`app:9@${DIGEST}`]])('knows what %s stands for', (text) => {
    expect(targetNamed(image, text)).toBe(DIGEST);
  });

  test.each([['app:local'], [`app@${other}`], [DIGEST], ['d'.repeat(64)], ['dddddddddddd'], ['sha256:dddddd']])(
    'has none for %s',
    (text) => {
      expect(targetNamed(image, text)).toBeUndefined();
    },
  );
});
