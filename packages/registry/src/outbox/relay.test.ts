import { silentLogger } from '@slipway/base';
import { pushBlob } from '@slipway/testkit';
import { describe, expect, it } from 'vitest';
import type { EventConsumer, RegistryEvent } from '../events.ts';
import { EMPTY_JSON, imageOf, pushImage, TYPES } from '../testing/manifest-fixtures.ts';
import { openTestRegistry, PATIENCE, type TestRegistry } from '../testing/open-test-registry.ts';
import { OutboxRelay } from './relay.ts';

interface TestConsumer extends EventConsumer {
  readonly events: RegistryEvent[];
  /** While set, it rejects. */
  failure: Error | undefined;
}

function createConsumer(failure?: Error): TestConsumer {
  const events: RegistryEvent[] = [];
  return {
    name: 'test',
    events,
    failure,
    async handle(batch) {
      if (this.failure !== undefined) throw this.failure;
      events.push(...batch);
    },
  };
}

async function pending(test: TestRegistry): Promise<number> {
  return (await test.database.reader.selectFrom('outbox').select('id').execute()).length;
}

async function expectEmpty(test: TestRegistry): Promise<void> {
  await expect.poll(() => pending(test), PATIENCE).toBe(0);
}

describe('OutboxRelay', () => {
  it('tells every change once, in order, with who did it and when', async () => {
    const consumer = createConsumer();
    await using test = await openTestRegistry({ consumers: [consumer] });
    const { digest, image } = await pushImage(test.api, { repository: 'team/app', text: 'told', tag: 'v1' });
    await test.api.deleteManifest('team/app', 'v1');
    await test.api.pushManifest('team/app', 'v2', image);
    await test.api.deleteManifest('team/app', digest);
    await expectEmpty(test);
    const common = { at: test.clock.now(), repositoryId: 1, repository: 'team/app', actor: 'ann' };
    const pushed = { ...common, kind: 'manifest.pushed', digest, mediaType: TYPES.image, sizeBytes: image.bytes.length };
    expect(consumer.events).toMatchObject([
      { ...common, kind: 'repository.created' },
      { ...pushed, tags: ['v1'] },
      { ...common, kind: 'tag.deleted', tag: 'v1' },
      { ...pushed, tags: ['v2'] },
      { ...common, kind: 'tag.deleted', tag: 'v2' },
      { ...common, kind: 'manifest.deleted', digest },
    ]);
    const ids = consumer.events.map((event) => event.id);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('tells what garbage collection deletes, by nobody', async () => {
    const consumer = createConsumer();
    await using test = await openTestRegistry({ consumers: [consumer] });
    const { digest } = await pushImage(test.api, { repository: 'team/app', text: 'collected' });
    await test.collect({ untaggedOlderThanSeconds: 0 });
    await expectEmpty(test);
    expect(consumer.events.at(-1)).toMatchObject({ kind: 'manifest.deleted', digest, actor: null });
  });

  it('tells nothing of a push that was refused', async () => {
    const consumer = createConsumer();
    await using test = await openTestRegistry({ consumers: [consumer] });
    await pushBlob(test.api, 'team/app', EMPTY_JSON);
    const missing = imageOf({ layers: [imageOf().descriptor] });
    expect((await test.api.putManifest('team/app', 'v1', missing)).status).toBe(400);
    expect((await test.api.putManifest('team/new', 'v1', missing)).status).toBe(400);
    await expectEmpty(test);
    expect(consumer.events.map((event) => event.kind)).toEqual(['repository.created']);
  });

  it('tells again, with growing delays, what a consumer rejected, and holds back what comes after', async () => {
    const consumer = createConsumer(new Error('the hub is away'));
    const warnings: unknown[] = [];
    const logger = {
      ...silentLogger,
      warn: (_message: string, fields?: Readonly<Record<string, unknown>>) => void warnings.push(fields?.['retryMs']),
    };
    await using test = await openTestRegistry({ consumers: [consumer], logger });
    await pushBlob(test.api, 'team/app', EMPTY_JSON);
    for (const expected of [[200], [200, 400], [200, 400, 800]]) {
      await expect.poll(() => warnings, PATIENCE).toEqual(expected);
      await expect.poll(() => test.clock.sleeping, PATIENCE).toBe(1);
      await test.clock.advance(expected.at(-1) ?? 0);
    }
    await pushImage(test.api, { repository: 'team/app', text: 'later', tag: 'v1' });
    expect(consumer.events).toEqual([]);
    consumer.failure = undefined;
    await expect.poll(() => test.clock.sleeping, PATIENCE).toBe(1);
    await test.clock.advance(60_000);
    await expectEmpty(test);
    expect(consumer.events.map((event) => event.kind)).toEqual(['repository.created', 'manifest.pushed']);
  });

  it('tells a consumer again what it handled when another one rejected (at least once)', async () => {
    const [good, bad] = [createConsumer(), createConsumer(new Error('away'))];
    await using test = await openTestRegistry({ consumers: [good, bad] });
    await pushBlob(test.api, 'team/app', EMPTY_JSON);
    await expect.poll(() => test.clock.sleeping, PATIENCE).toBe(1);
    bad.failure = undefined;
    await test.clock.advance(1000);
    await expectEmpty(test);
    expect(bad.events.length).toBe(1);
    expect(good.events.length).toBe(2);
    expect(good.events[0]).toEqual(good.events[1]);
  });

  it('tells after a restart what was left, and more than one batch of it', async () => {
    const away = createConsumer(new Error('away'));
    await using test = await openTestRegistry({ consumers: [away] });
    await pushBlob(test.api, 'team/app', EMPTY_JSON);
    const image = imageOf();
    for (let at = 0; at < 205; at += 1) await test.api.pushManifest('team/app', `t${at}`, image);
    await test.registry[Symbol.asyncDispose]();
    expect(await pending(test)).toBe(206);
    const consumer = createConsumer();
    const { database, clock } = test;
    await using relay = new OutboxRelay({ database, clock, logger: silentLogger, consumers: [consumer] });
    relay.poke();
    await expectEmpty(test);
    expect(consumer.events.length).toBe(206);
    expect(consumer.events.at(-1)).toMatchObject({ kind: 'manifest.pushed', tags: ['t204'] });
  });
});
