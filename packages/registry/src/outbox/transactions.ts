import type { Kysely } from 'kysely';
import type { RegistrySchema } from '../schema.ts';

/** Forgets events that every consumer has handled. */
export async function forgetEvents(tx: Kysely<RegistrySchema>, input: { readonly upTo: number }): Promise<void> {
  await tx.deleteFrom('outbox').where('id', '<=', input.upTo).execute();
}
