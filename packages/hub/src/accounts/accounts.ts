import { randomBytes } from 'node:crypto';
import { type Clock, isAppError } from '@slipway/base';
import { findAccountByName } from '../db/reads.ts';
import type { AccountTable } from '../db/schema.ts';
import { hubError } from '../errors.ts';
import type { HubDatabase } from '../ports.ts';
import { ADMINISTRATOR, parseAccountName } from './account-name.ts';
import { checkPasswordRules, type PasswordHasher } from './password-hasher.ts';

export interface AccountSummary {
  readonly name: string;
  readonly administrator: boolean;
  readonly disabled: boolean;
  readonly createdAtMs: number;
}

export interface AddAccountOptions {
  readonly name: string;
  readonly password: string;
  readonly administrator?: boolean;
}

export interface EnsureAdministratorOutcome {
  readonly created: boolean;
  /** The password that was made up; only when none was given. */
  readonly password?: string;
}

/** Accounts: who can log in, and whose a namespace is. */
export interface Accounts {
  /** Throws ACCOUNT_NAME_INVALID, ACCOUNT_NAME_RESERVED, PASSWORD_INVALID, ACCOUNT_EXISTS. */
  add(options: AddAccountOptions): Promise<AccountSummary>;
  /** Ends every token and refresh token of the account at once. Throws PASSWORD_INVALID, ACCOUNT_UNKNOWN. */
  changePassword(name: string, password: string): Promise<void>;
  find(name: string): Promise<AccountSummary | undefined>;
  /** By name. */
  list(): Promise<readonly AccountSummary[]>;
  /**
   * Ends every token of the account at once. Its repositories stay: they are the administrator's until an account of that name is added
   * again. Throws ACCOUNT_UNKNOWN, ACCOUNT_PROTECTED.
   */
  remove(name: string): Promise<void>;
  /**
   * Makes the account `admin` if there is none; changes nothing if there is. Of several processes that start together one creates it.
   * Throws PASSWORD_INVALID.
   */
  ensureAdministrator(options?: { readonly password?: string | undefined }): Promise<EnsureAdministratorOutcome>;
}

export interface AccountsOptions {
  readonly database: HubDatabase;
  readonly hasher: PasswordHasher;
  readonly clock: Clock;
}

export function createAccounts({ database, hasher, clock }: AccountsOptions): Accounts {
  async function add(options: AddAccountOptions): Promise<AccountSummary> {
    const name = parseAccountName(options.name);
    checkPasswordRules(options.password);
    const administrator = options.administrator ?? false;
    const createdAtMs = clock.now();
    const passwordHash = await hasher.hash(options.password);
    await database.write('hub.addAccount', { id: randomBytes(12).toString('hex'), name, passwordHash, administrator, createdAtMs });
    return { name, administrator, disabled: false, createdAtMs };
  }

  return {
    add,
    async changePassword(name, password) {
      checkPasswordRules(password);
      await database.write('hub.changePassword', { name, passwordHash: await hasher.hash(password) });
    },
    async find(name) {
      const row = await selectSummaries(database).where('name', '=', name).executeTakeFirst();
      return row === undefined ? undefined : toSummary(row);
    },
    list: async () => (await selectSummaries(database).orderBy('name').execute()).map(toSummary),
    async remove(name) {
      if (name === ADMINISTRATOR) throw hubError('ACCOUNT_PROTECTED', `Cannot remove the account "${name}": it owns what nobody else owns`);
      await database.write('hub.removeAccount', { name });
    },
    async ensureAdministrator(options = {}) {
      if ((await findAccountByName(database.reader, ADMINISTRATOR)) !== undefined) return { created: false };
      const password = options.password ?? randomBytes(15).toString('base64url');
      try {
        await add({ name: ADMINISTRATOR, password, administrator: true });
      } catch (error) {
        // Another process was faster.
        if (isAppError(error, 'ACCOUNT_EXISTS')) return { created: false };
        throw error;
      }
      return options.password === undefined ? { created: true, password } : { created: true };
    },
  };
}

function selectSummaries({ reader }: HubDatabase) {
  return reader.selectFrom('hub_accounts').select(['name', 'administrator', 'disabled', 'created_at']);
}

function toSummary(row: Pick<AccountTable, 'name' | 'administrator' | 'disabled' | 'created_at'>): AccountSummary {
  return { name: row.name, administrator: row.administrator === 1, disabled: row.disabled === 1, createdAtMs: row.created_at };
}
