import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, it } from 'vitest';
import { describeDatabase, type NotesDatabase } from '../contract.ts';
import { openSqlite } from './open-sqlite.ts';

const root = mkdtempSync(join(tmpdir(), 'slipway-sqlite-'));
let count = 0;

afterAll(() => rmSync(root, { recursive: true }));

function open(file: string, writer = 'notes-writer.ts'): Promise<NotesDatabase> {
  return openSqlite({ file, writer: new URL(`../testing/${writer}`, import.meta.url) });
}

function newFile(): string {
  count += 1;
  return join(root, `${count}.db`);
}

describeDatabase('SQLite', async () => {
  const file = newFile();
  return { database: await open(file), reopen: () => open(file), dispose: async () => undefined };
});

it('openSqlite() uses write-ahead logging and forces every commit to disk', async () => {
  const file = newFile();
  const database = await open(file);
  const other = new DatabaseSync(file, { readOnly: true });
  expect(other.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' });
  other.close();
  await database.close();
});

it('openSqlite() refuses a database that a later version has used', async () => {
  const file = newFile();
  await (await open(file, 'newer-writer.ts')).close();
  await expect(open(file)).rejects.toMatchObject({ code: 'DATABASE_NEWER', kind: 'precondition' });
});

it('openSqlite() says what is wrong with a file that is no database', async () => {
  const file = newFile();
  writeFileSync(file, 'this is no database, but long enough to be looked at as one by SQLite. '.repeat(20));
  await expect(open(file)).rejects.toMatchObject({ code: 'DATABASE_FAILED' });
});
