import { type Digest, parseRepositoryName } from '@slipway/oci';
import type { ManifestPushed, RegistryEvent, RepositoryCreated } from '@slipway/registry/events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestHub, type TestHub } from '../testing/open-test-hub.ts';

function created(id: number, repositoryId: number, name: string): RepositoryCreated {
  return { kind: 'repository.created', id, at: 1000 + id, repositoryId, repository: parseRepositoryName(name), actor: 'ann' };
}

function pushed(id: number, repositoryId: number, name: string): ManifestPushed {
  const digest = `sha256:${'0'.repeat(64)}` as Digest;
  const base = { id, at: 1000 + id, repositoryId, repository: parseRepositoryName(name), actor: 'ann' };
  return { kind: 'manifest.pushed', ...base, digest, mediaType: 'application/vnd.oci.image.manifest.v1+json', sizeBytes: 2, tags: [] };
}

describe('createHubConsumer()', () => {
  let test: TestHub;
  beforeAll(async () => {
    test = await openTestHub();
  });
  afterAll(() => test[Symbol.asyncDispose]());

  const rowOf = (name: string) =>
    test.database.reader.selectFrom('hub_repositories').selectAll().where('name', '=', name).executeTakeFirst();

  it('makes a private row and counts each push once, however often it is told', async () => {
    const events: RegistryEvent[] = [created(1, 10, 'ann/app'), pushed(2, 10, 'ann/app'), pushed(3, 10, 'ann/app')];
    for (const batch of [events, events, events.slice(1), [pushed(2, 10, 'ann/app')]]) await test.hub.consumer.handle(batch);
    expect(await rowOf('ann/app')).toEqual({
      repository_id: 10,
      name: 'ann/app',
      visibility: 'private',
      last_pushed_at: 1003,
      push_count: 2,
      last_event_id: 3,
    });
  });

  it('keeps a visibility that was set before the event came', async () => {
    await test.database.write('hub.setVisibility', { repositoryId: 20, name: 'ann/early', visibility: 'public' });
    await test.hub.consumer.handle([created(21, 20, 'ann/early'), pushed(22, 20, 'ann/early')]);
    expect(await rowOf('ann/early')).toMatchObject({ visibility: 'public', push_count: 1 });
  });

  it('gives a new repository of an old name a private row, and ignores late news of the old one', async () => {
    await test.database.write('hub.setVisibility', { repositoryId: 30, name: 'ann/again', visibility: 'public' });
    await test.hub.consumer.handle([created(40, 31, 'ann/again')]);
    expect(await rowOf('ann/again')).toMatchObject({ repository_id: 31, visibility: 'private', push_count: 0 });
    await test.hub.consumer.handle([pushed(39, 30, 'ann/again')]);
    expect(await rowOf('ann/again')).toMatchObject({ repository_id: 31, push_count: 0 });
  });

  it('has no interest in deletions', async () => {
    const { digest: _, mediaType: __, sizeBytes: ___, tags: ____, ...base } = pushed(50, 50, 'ann/gone');
    await test.hub.consumer.handle([{ ...base, kind: 'manifest.deleted', digest: `sha256:${'0'.repeat(64)}` as Digest }]);
    expect(await rowOf('ann/gone')).toBeUndefined();
  });
});
