import { AppError } from '@slipway/base';
import type { Kysely } from 'kysely';
import type { Migrations } from '../migrate.ts';
import { prepared } from '../prepared.ts';

/** A schema for tests. */
export interface NotesSchema {
  notes: { id: number; text: string };
}

interface Note {
  readonly id: number;
  readonly text: string;
}

async function add(tx: Kysely<NotesSchema>, note: Note): Promise<number> {
  await tx.insertInto('notes').values(note).execute();
  return note.id;
}

async function change(tx: Kysely<NotesSchema>, note: Note): Promise<void> {
  await tx.updateTable('notes').set({ text: note.text }).where('id', '=', note.id).execute();
}

/** Writes, then throws: nothing of it may stay. */
async function addAndRefuse(tx: Kysely<NotesSchema>, note: Note): Promise<never> {
  await add(tx, note);
  throw new AppError({
    kind: 'conflict',
    code: 'REFUSED',
    message: `Cannot keep "${note.text}"`,
    details: { id: note.id },
    hint: 'Give up',
  });
}

async function fail(tx: Kysely<NotesSchema>, note: Note): Promise<void> {
  await add(tx, note);
  await add(tx, note);
}

export const notesTransactions = { 'notes.add': add, 'notes.change': change, 'notes.addAndRefuse': addAndRefuse, 'notes.fail': fail };

export const notesMigrations: Migrations = {
  'notes-0001-table': {
    async up(db) {
      await db.schema
        .createTable('notes')
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .addColumn('text', 'text', (column) => column.notNull())
        .execute();
    },
  },
};

export const textOf = prepared<NotesSchema, { id: number }>()((db, parameter) =>
  db.selectFrom('notes').select('text').where('id', '=', parameter('id')),
);

export const rememberedTextOf = prepared<NotesSchema, { id: number }>({ remember: true })((db, parameter) =>
  db.selectFrom('notes').select('text').where('id', '=', parameter('id')),
);
