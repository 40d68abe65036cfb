import { prepared } from '@slipway/storage/db';
import type { Kysely } from 'kysely';
import type { HubSchema } from './schema.ts';

/** An account's state as of one read. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly administrator: boolean;
  readonly generation: number;
  readonly disabled: boolean;
}

const ACCOUNT_COLUMNS = ['id', 'name', 'administrator', 'generation', 'disabled'] as const;

const accountById = prepared<HubSchema, { id: string }>({ remember: true })((db, parameter) =>
  db.selectFrom('hub_accounts').select(ACCOUNT_COLUMNS).where('id', '=', parameter('id')),
);
const accountByName = prepared<HubSchema, { name: string }>()((db, parameter) =>
  db.selectFrom('hub_accounts').select(ACCOUNT_COLUMNS).where('name', '=', parameter('name')),
);
const credentialsByName = prepared<HubSchema, { name: string }>()((db, parameter) =>
  db
    .selectFrom('hub_accounts')
    .select([...ACCOUNT_COLUMNS, 'password_hash'])
    .where('name', '=', parameter('name')),
);
const visibilityByName = prepared<HubSchema, { name: string }>({ remember: true })((db, parameter) =>
  db.selectFrom('hub_repositories').select('visibility').where('name', '=', parameter('name')),
);

export async function findAccountById(reader: Kysely<HubSchema>, id: string): Promise<Account | undefined> {
  const row = (await accountById(reader, { id }))[0];
  return row === undefined ? undefined : toAccount(row);
}

export async function findAccountByName(reader: Kysely<HubSchema>, name: string): Promise<Account | undefined> {
  const row = (await accountByName(reader, { name }))[0];
  return row === undefined ? undefined : toAccount(row);
}

/** The account together with its password's hash, of one state. */
export async function findCredentials(
  reader: Kysely<HubSchema>,
  name: string,
): Promise<{ readonly account: Account; readonly passwordHash: string } | undefined> {
  const row = (await credentialsByName(reader, { name }))[0];
  return row === undefined ? undefined : { account: toAccount(row), passwordHash: row.password_hash };
}

/** Without a row a repository is private, whether or not it exists. */
export async function isPublic(reader: Kysely<HubSchema>, name: string): Promise<boolean> {
  return (await visibilityByName(reader, { name }))[0]?.visibility === 'public';
}

interface AccountRow {
  readonly id: string;
  readonly name: string;
  readonly administrator: number;
  readonly generation: number;
  readonly disabled: number;
}

function toAccount(row: AccountRow): Account {
  return {
    id: row.id,
    name: row.name,
    administrator: row.administrator === 1,
    generation: row.generation,
    disabled: row.disabled === 1,
  };
}
