import type { Kysely } from 'kysely';
import type { HubSchema, RepositorySettingsTable } from './schema.ts';

export interface SetVisibilityInput {
  readonly repositoryId: number;
  readonly name: string;
  readonly visibility: RepositorySettingsTable['visibility'];
}

/** Makes the row when the event that tells of the repository has not come yet. */
export async function setVisibility(tx: Kysely<HubSchema>, input: SetVisibilityInput): Promise<void> {
  await ensureSettings(tx, input.repositoryId, input.name);
  await tx.updateTable('hub_repositories').set({ visibility: input.visibility }).where('repository_id', '=', input.repositoryId).execute();
}

/** What the hub keeps of one registry event. */
export interface RecordedEvent {
  readonly id: number;
  readonly atMs: number;
  readonly repositoryId: number;
  readonly name: string;
  readonly pushed: boolean;
}

export interface RecordEventsInput {
  readonly events: readonly RecordedEvent[];
}

/** Idempotent: an event that was counted before changes nothing. */
export async function recordEvents(tx: Kysely<HubSchema>, input: RecordEventsInput): Promise<void> {
  for (const event of input.events) {
    await ensureSettings(tx, event.repositoryId, event.name);
    if (!event.pushed) continue;
    await tx
      .updateTable('hub_repositories')
      .set((row) => ({ last_pushed_at: event.atMs, push_count: row('push_count', '+', 1), last_event_id: event.id }))
      .where('repository_id', '=', event.repositoryId)
      .where('last_event_id', '<', event.id)
      .execute();
  }
}

async function ensureSettings(tx: Kysely<HubSchema>, repositoryId: number, name: string): Promise<void> {
  const known = await tx.selectFrom('hub_repositories').select('repository_id').where('name', '=', name).executeTakeFirst();
  if (known !== undefined) {
    // An event of a repository that is gone, delivered late, must not undo its successor's row. Ids only grow.
    if (known.repository_id >= repositoryId) return;
    await tx.deleteFrom('hub_repositories').where('repository_id', '=', known.repository_id).execute();
  }
  await tx
    .insertInto('hub_repositories')
    .values({ repository_id: repositoryId, name, visibility: 'private', last_pushed_at: null, push_count: 0, last_event_id: 0 })
    .execute();
}
