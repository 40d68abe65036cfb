import { prepared } from '@slipway/storage/db';
import type { Kysely } from 'kysely';
import type { RegistrySchema } from '../schema.ts';

export interface NewEvent {
  readonly kind: string;
  readonly at: number;
  readonly repositoryId: number;
  readonly repository: string;
  readonly actor: string | null;
  /** What this kind of event holds beyond the common fields. */
  readonly payload: Readonly<Record<string, unknown>>;
}

interface OutboxRow {
  readonly kind: string;
  readonly at: number;
  readonly repositoryId: number;
  readonly repository: string;
  readonly actor: string | null;
  readonly payload: string;
}

const insertEvent = prepared<RegistrySchema, OutboxRow>()((db, parameter) =>
  db.insertInto('outbox').values({
    kind: parameter('kind'),
    at: parameter('at'),
    repository_id: parameter('repositoryId'),
    repository: parameter('repository'),
    actor: parameter('actor'),
    payload: parameter('payload'),
  }),
);

/** Tells an event as part of the transaction that makes it true. */
export async function recordEvent(tx: Kysely<RegistrySchema>, event: NewEvent): Promise<void> {
  await insertEvent(tx, { ...event, payload: JSON.stringify(event.payload) });
}
