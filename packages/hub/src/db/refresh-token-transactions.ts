import type { Kysely } from 'kysely';
import type { HubSchema } from './schema.ts';

/** Every `docker login` leaves a token behind and none says goodbye: those unused for long go, and the oldest beyond this number. */
const MAX_TOKENS_PER_ACCOUNT = 500;

export interface PutRefreshTokenInput {
  readonly tokenDigest: string;
  readonly accountId: string;
  readonly generation: number;
  readonly clientId: string;
  readonly nowMs: number;
  /** Tokens of the account that were last used before are deleted. */
  readonly unusedSinceMs: number;
}

export async function putRefreshToken(tx: Kysely<HubSchema>, input: PutRefreshTokenInput): Promise<void> {
  const mine = tx.deleteFrom('hub_refresh_tokens').where('account_id', '=', input.accountId);
  await mine.where('last_used_at', '<', input.unusedSinceMs).execute();
  const surplus = await tx
    .selectFrom('hub_refresh_tokens')
    .select('token_digest')
    .where('account_id', '=', input.accountId)
    .orderBy('last_used_at', 'desc')
    .limit(100)
    .offset(MAX_TOKENS_PER_ACCOUNT - 1)
    .execute();
  if (surplus.length > 0) {
    await mine
      .where(
        'token_digest',
        'in',
        surplus.map((row) => row.token_digest),
      )
      .execute();
  }
  await tx
    .insertInto('hub_refresh_tokens')
    .values({
      token_digest: input.tokenDigest,
      account_id: input.accountId,
      generation: input.generation,
      client_id: input.clientId,
      created_at: input.nowMs,
      last_used_at: input.nowMs,
    })
    .execute();
}

export interface TouchRefreshTokenInput {
  readonly tokenDigest: string;
  readonly nowMs: number;
}

export async function touchRefreshToken(tx: Kysely<HubSchema>, input: TouchRefreshTokenInput): Promise<void> {
  await tx.updateTable('hub_refresh_tokens').set({ last_used_at: input.nowMs }).where('token_digest', '=', input.tokenDigest).execute();
}
