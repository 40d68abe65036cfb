import { prepared } from '@slipway/storage/db';
import type { Kysely } from 'kysely';
import type { HubSchema } from './schema.ts';

/** An account's state as of one read. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly passwordHash: string;
  readonly administrator: boolean;
  readonly generation: number;
  readonly createdAtMs: number;
  readonly disabled: boolean;
}

const ACCOUNT_COLUMNS = ['id', 'name', 'password_hash', 'administrator', 'generation', 'created_at', 'disabled'] as const;

const accountById = prepared<HubSchema, { id: string }>()((db, parameter) =>
  db.selectFrom('hub_accounts').select(ACCOUNT_COLUMNS).where('id', '=', parameter('id')),
);
const accountByName = prepared<HubSchema, { name: string }>()((db, parameter) =>
  db.selectFrom('hub_accounts').select(ACCOUNT_COLUMNS).where('name', '=', parameter('name')),
);
const visibilityByName = prepared<HubSchema, { name: string }>()((db, parameter) =>
  db.selectFrom('hub_repositories').select('visibility').where('name', '=', parameter('name')),
);

export async function findAccountById(reader: Kysely<HubSchema>, id: string): Promise<Account | undefined> {
  return toAccount((await accountById(reader, { id }))[0]);
}

export async function findAccountByName(reader: Kysely<HubSchema>, name: string): Promise<Account | undefined> {
  return toAccount((await accountByName(reader, { name }))[0]);
}

/** Without a row a repository is private, whether or not it exists. */
export async function isPublic(reader: Kysely<HubSchema>, name: string): Promise<boolean> {
  return (await visibilityByName(reader, { name }))[0]?.visibility === 'public';
}

interface AccountRow {
  readonly id: string;
  readonly name: string;
  readonly password_hash: string;
  readonly administrator: number;
  readonly generation: number;
  readonly created_at: number;
  readonly disabled: number;
}

function toAccount(row: AccountRow | undefined): Account | undefined {
  if (row === undefined) return undefined;
  return {
    id: row.id,
    name: row.name,
    passwordHash: row.password_hash,
    administrator: row.administrator === 1,
    generation: row.generation,
    createdAtMs: Number(row.created_at),
    disabled: row.disabled === 1,
  };
}
