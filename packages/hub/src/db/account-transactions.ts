import type { Kysely } from 'kysely';
import { hubError } from '../errors.ts';
import type { HubSchema } from './schema.ts';

export interface AddAccountInput {
  readonly id: string;
  readonly name: string;
  readonly passwordHash: string;
  readonly administrator: boolean;
  readonly createdAtMs: number;
}

/** Throws ACCOUNT_EXISTS. */
export async function addAccount(tx: Kysely<HubSchema>, input: AddAccountInput): Promise<void> {
  const result = await tx
    .insertInto('hub_accounts')
    .values({
      id: input.id,
      name: input.name,
      password_hash: input.passwordHash,
      administrator: input.administrator ? 1 : 0,
      generation: 1,
      created_at: input.createdAtMs,
      disabled: 0,
    })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .executeTakeFirst();
  if (Number(result.numInsertedOrUpdatedRows ?? 0) === 0) {
    throw hubError('ACCOUNT_EXISTS', `Cannot add account "${input.name}": the name is taken`);
  }
}

export interface ChangePasswordInput {
  readonly name: string;
  readonly passwordHash: string;
}

/** Raises the account's generation, and with it ends every token. Throws ACCOUNT_UNKNOWN. */
export async function changePassword(tx: Kysely<HubSchema>, input: ChangePasswordInput): Promise<void> {
  const account = await tx.selectFrom('hub_accounts').select('id').where('name', '=', input.name).executeTakeFirst();
  if (account === undefined) throw hubError('ACCOUNT_UNKNOWN', `Cannot change the password: there is no account "${input.name}"`);
  await tx
    .updateTable('hub_accounts')
    .set((row) => ({ password_hash: input.passwordHash, generation: row('generation', '+', 1) }))
    .where('id', '=', account.id)
    .execute();
  await tx.deleteFrom('hub_refresh_tokens').where('account_id', '=', account.id).execute();
}

export interface RemoveAccountInput {
  readonly name: string;
}

/** Throws ACCOUNT_UNKNOWN. Repositories in the account's namespace stay. */
export async function removeAccount(tx: Kysely<HubSchema>, input: RemoveAccountInput): Promise<void> {
  const account = await tx.selectFrom('hub_accounts').select('id').where('name', '=', input.name).executeTakeFirst();
  if (account === undefined) throw hubError('ACCOUNT_UNKNOWN', `Cannot remove the account: there is no account "${input.name}"`);
  await tx.deleteFrom('hub_refresh_tokens').where('account_id', '=', account.id).execute();
  await tx.deleteFrom('hub_accounts').where('id', '=', account.id).execute();
}
