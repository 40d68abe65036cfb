import type { Clock, Logger } from '@slipway/base';
import { prepared } from '@slipway/storage/db';
import type { RegistryDatabase } from '../dependencies.ts';
import type { EventConsumer, RegistryEvent } from '../events.ts';
import type { RegistrySchema } from '../schema.ts';

const BATCH = 200;
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 60_000;

const nextEvents = prepared<RegistrySchema, { limit: number }>()((db, parameter) =>
  db
    .selectFrom('outbox')
    .select(['id', 'at', 'repository_id as repositoryId', 'repository', 'kind', 'actor', 'payload'])
    .orderBy('id')
    .limit(parameter('limit')),
);

export interface RelayOptions {
  readonly database: RegistryDatabase;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly consumers: readonly EventConsumer[];
}

/**
 * Hands the outbox's events to every consumer, in order, at least once: an event is forgotten only after all of them handled it, so a
 * crash delivers it again. A consumer that rejects holds back what comes after, with growing delays.
 */
export class OutboxRelay implements AsyncDisposable {
  readonly #options: RelayOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #poked = false;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Says that there may be new events. Cheap; call it after every change, and once at start for what a crash left. */
  poke(): void {
    this.#poked = true;
    if (this.#stop.signal.aborted) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#poked && !this.#stop.signal.aborted) this.poke();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (!this.#stop.signal.aborted) {
      this.#poked = false;
      try {
        if ((await this.#deliver()) === 0) return;
        retryMs = FIRST_RETRY_MS;
      } catch (error) {
        this.#options.logger.warn('An event could not be delivered; it will be tried again', { error: String(error), retryMs });
        await this.#options.clock.sleep(retryMs, { signal: this.#stop.signal }).catch(() => undefined);
        retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
      }
    }
  }

  /** Delivers one batch; resolves to how many events it held. */
  async #deliver(): Promise<number> {
    const { database, consumers } = this.#options;
    const rows = await nextEvents(database.reader, { limit: BATCH });
    const last = rows.at(-1);
    if (last === undefined) return 0;
    const events = rows.map(({ payload, ...common }) => ({ ...(JSON.parse(payload) as object), ...common }) as RegistryEvent);
    for (const consumer of consumers) await consumer.handle(events);
    await database.write('registry.forgetEvents', { upTo: last.id });
    return rows.length;
  }
}
