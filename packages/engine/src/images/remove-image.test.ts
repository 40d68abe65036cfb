import { parseReference } from '@slipway/oci';
import { describe, expect, test } from 'vitest';
import { shortId } from './image-names.ts';
import { addTestImage, openTestHome, type TestHome } from './testing/open-test-home.ts';

const CONTAINER = { user: 'c0ffee0123456789', description: 'web', isRunning: true };
const STOPPED = { ...CONTAINER, isRunning: false };
const DIGEST_A = `sha256:${'a'.repeat(64)}` as const;

async function linesOf(at: TestHome, text: string, force = false): Promise<string[]> {
  const events = await at.images.remove(text, { force });
  return events.map((event) => (event.kind === 'untagged' ? `Untagged: ${event.name}` : `Deleted: ${event.digest}`));
}

function named(...names: string[]) {
  return names.map((name) => parseReference(name));
}

describe('ImageStore.remove()', () => {
  test('untags the last name with its digests and deletes image and layers from the top', async () => {
    await using at = await openTestHome();
    const image = await addTestImage(at, {
      layers: ['base', 'app'],
      names: named('app'),
      digests: [{ repository: 'docker.io/library/app', digest: DIGEST_A as never }],
    });
    expect(await linesOf(at, 'app')).toEqual([
      'Untagged: app:latest',
      `Untagged: app@${DIGEST_A}`,
      `Deleted: ${image.id}`,
      `Deleted: ${image.layers[1]?.chainId}`,
      `Deleted: ${image.layers[0]?.chainId}`,
    ]);
    expect(at.images.list()).toEqual([]);
  });

  test('only untags while another name is left, and keeps its digests while a tag of the repository is', async () => {
    await using at = await openTestHome();
    const image = await addTestImage(at, {
      layers: ['base'],
      names: named('app:1', 'app:2'),
      digests: [{ repository: 'docker.io/library/app', digest: DIGEST_A as never }],
    });
    expect(await linesOf(at, 'app:1')).toEqual(['Untagged: app:1']);
    expect(at.images.get(image.id)?.digests).toHaveLength(1);
  });

  test('leaves layers that another image has', async () => {
    await using at = await openTestHome();
    await addTestImage(at, { layers: ['base', 'one'], names: named('one') });
    const two = await addTestImage(at, { layers: ['base', 'two'], names: named('two') });
    expect(await linesOf(at, 'two')).toEqual(['Untagged: two:latest', `Deleted: ${two.id}`, `Deleted: ${two.layers[1]?.chainId}`]);
  });

  test('by id takes a single name along, and needs force for names in several repositories', async () => {
    await using at = await openTestHome();
    const one = await addTestImage(at, { layers: ['one'], names: named('one') });
    expect((await linesOf(at, shortId(one.id)))[0]).toBe('Untagged: one:latest');
    const two = await addTestImage(at, { layers: ['two'], names: named('two', 'localhost:5000/two') });
    await expect(linesOf(at, two.id)).rejects.toMatchObject({
      code: 'IMAGE_CONFLICT',
      message: `conflict: unable to delete ${shortId(two.id)} (must be forced) - image is referenced in multiple repositories`,
    });
    expect((await linesOf(at, two.id, true)).slice(0, 3)).toEqual([
      'Untagged: two:latest',
      'Untagged: localhost:5000/two:latest',
      `Deleted: ${two.id}`,
    ]);
  });

  test('refuses the last name of an image that a container uses', async () => {
    await using at = await openTestHome();
    const image = await addTestImage(at, { layers: ['one'], names: named('app') });
    await at.images.use(image.id, STOPPED);
    await expect(linesOf(at, 'app')).rejects.toMatchObject({
      message: `conflict: unable to remove repository reference "app" (must force) - container c0ffee012345 is using its referenced image ${shortId(image.id)}`,
    });
    expect((await linesOf(at, 'app', true)).slice(0, 2)).toEqual(['Untagged: app:latest', `Deleted: ${image.id}`]);
  });

  test('only untags by force what a running container uses', async () => {
    await using at = await openTestHome();
    const image = await addTestImage(at, { layers: ['one'], names: named('app') });
    await at.images.use(image.id, CONTAINER);
    expect(await linesOf(at, 'app', true)).toEqual(['Untagged: app:latest']);
    await expect(linesOf(at, image.id, true)).rejects.toMatchObject({
      message: `conflict: unable to delete ${shortId(image.id)} (cannot be forced) - image is being used by running container c0ffee012345`,
    });
    await at.images.use(image.id, STOPPED);
    await expect(linesOf(at, image.id)).rejects.toMatchObject({
      message: `conflict: unable to delete ${shortId(image.id)} (must be forced) - image is being used by stopped container c0ffee012345`,
    });
    await at.images.release(image.id, CONTAINER.user);
    expect((await linesOf(at, image.id))[0]).toBe(`Deleted: ${image.id}`);
  });

  test('says which image there is none of, with the tag that was meant', async () => {
    await using at = await openTestHome();
    await expect(linesOf(at, 'app')).rejects.toMatchObject({ code: 'IMAGE_UNKNOWN', message: 'No such image: app:latest' });
    await expect(linesOf(at, DIGEST_A)).rejects.toMatchObject({ message: `No such image: ${DIGEST_A}` });
    await expect(linesOf(at, 'Bad')).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
  });

  test('by digest leaves the tags of the image', async () => {
    await using at = await openTestHome();
    await addTestImage(at, {
      layers: ['one'],
      names: named('app'),
      digests: [{ repository: 'docker.io/library/app', digest: DIGEST_A as never }],
    });
    expect(await linesOf(at, `app@${DIGEST_A}`)).toEqual([`Untagged: app@${DIGEST_A}`]);
    expect(at.images.find('app')).toBeDefined();
  });
});

describe('ImageStore.prune()', () => {
  test('takes dangling images alone, and with all every image that nothing uses', async () => {
    await using at = await openTestHome();
    const dangling = await addTestImage(at, { layers: ['base', 'dangling'] });
    await addTestImage(at, { layers: ['base', 'named'], names: named('named', 'other/named') });
    const used = await addTestImage(at, { layers: ['base', 'used'], names: named('used') });
    await at.images.use(used.id, STOPPED);
    const first = await at.images.prune();
    expect(first).toEqual({
      events: [
        { kind: 'deleted', digest: dangling.id },
        { kind: 'deleted', digest: dangling.layers[1]?.chainId },
      ],
      reclaimedBytes: 'dangling'.length,
    });
    const second = await at.images.prune({ all: true });
    expect(second.events.filter(({ kind }) => kind === 'untagged')).toHaveLength(2);
    expect(second.reclaimedBytes).toBe('named'.length);
    expect(at.images.list().map(({ id }) => id)).toEqual([used.id]);
  });

  test('leaves all its names to an image that something uses', async () => {
    await using at = await openTestHome();
    const used = await addTestImage(at, { layers: ['used'], names: named('used:1', 'used:2') });
    await at.images.use(used.id, CONTAINER);
    expect((await at.images.prune({ all: true })).events).toEqual([]);
    expect(at.images.get(used.id)?.names).toHaveLength(2);
  });

  test('looks at labels and age', async () => {
    await using at = await openTestHome();
    const kept = await addTestImage(at, { layers: ['kept'], labels: { stage: 'prod', team: 'a' } });
    await addTestImage(at, { layers: ['gone'], labels: { stage: 'test' } });
    const createdAtMs = Date.parse('2026-01-01T00:00:00Z');
    expect((await at.images.prune({ untilMs: createdAtMs - 1 })).events).toEqual([]);
    expect((await at.images.prune({ labels: ['stage=none'] })).events).toEqual([]);
    await at.images.prune({ labels: ['stage'], withoutLabels: ['team=a'], untilMs: createdAtMs });
    expect(at.images.list().map(({ id }) => id)).toEqual([kept.id]);
  });
});
