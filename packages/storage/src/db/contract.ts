import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from './database.ts';
import { type NotesSchema, type notesTransactions, rememberedTextOf, textOf } from './testing/notes.ts';

export type NotesDatabase = Database<NotesSchema, typeof notesTransactions>;

/** A database under test, with the transactions and migrations of `testing/notes.ts`. */
export interface OpenedDatabase {
  readonly database: NotesDatabase;
  /** Opens another over the same rows, as a restart does. */
  readonly reopen: () => Promise<NotesDatabase>;
  readonly dispose: () => Promise<void>;
}

/** What every database adapter promises: see `Database`. */
export function describeDatabase(name: string, open: () => Promise<OpenedDatabase>): void {
  describe(`${name} database`, () => {
    let opened: OpenedDatabase;
    let database: NotesDatabase;

    beforeEach(async () => {
      opened = await open();
      ({ database } = opened);
    });
    afterEach(async () => {
      await database.close();
      await opened.dispose();
    });

    const read = async (id: number): Promise<string | undefined> => (await textOf(database.reader, { id }))[0]?.text;

    it('write() resolves to what the transaction returns, and reads that begin after it see it', async () => {
      expect(await database.write('notes.add', { id: 1, text: 'one' })).toBe(1);
      expect(await read(1)).toBe('one');
    });

    it('reads see every write that resolved, also answers that were remembered', async () => {
      await database.write('notes.add', { id: 1, text: '0' });
      for (let round = 1; round <= 50; round += 1) {
        expect((await rememberedTextOf(database.reader, { id: 1 }))[0]?.text).toBe(String(round - 1));
        expect(await rememberedTextOf(database.reader, { id: 2 })).toEqual([]);
        await database.write('notes.change', { id: 1, text: String(round) });
        expect(await read(1)).toBe(String(round));
      }
    });

    it('a transaction that throws leaves nothing behind and does not touch those that ran beside it', async () => {
      const writes = Array.from({ length: 60 }, (_, id) =>
        id % 3 === 0 ? database.write('notes.addAndRefuse', { id, text: 'no' }) : database.write('notes.add', { id, text: `note ${id}` }),
      );
      const outcomes = await Promise.allSettled(writes);
      for (const [id, outcome] of outcomes.entries()) {
        expect(outcome.status).toBe(id % 3 === 0 ? 'rejected' : 'fulfilled');
        expect(await read(id)).toBe(id % 3 === 0 ? undefined : `note ${id}`);
      }
    });

    it('an AppError arrives as it was thrown', async () => {
      await expect(database.write('notes.addAndRefuse', { id: 7, text: 'seven' })).rejects.toMatchObject({
        name: 'AppError',
        kind: 'conflict',
        code: 'REFUSED',
        message: 'Cannot keep "seven"',
        details: { id: 7 },
        hint: 'Give up',
      });
    });

    it('what the database refuses is DATABASE_FAILED, and undone', async () => {
      await expect(database.write('notes.fail', { id: 1, text: 'twice' })).rejects.toMatchObject({ code: 'DATABASE_FAILED' });
      expect(await read(1)).toBeUndefined();
    });

    it('writes take effect in the order in which they were given', async () => {
      await database.write('notes.add', { id: 1, text: '' });
      await Promise.all(Array.from({ length: 100 }, (_, round) => database.write('notes.change', { id: 1, text: String(round) })));
      expect(await read(1)).toBe('99');
    });

    it('the reader writes nothing', async () => {
      await expect(database.reader.insertInto('notes').values({ id: 1, text: 'x' }).execute()).rejects.toThrow(/readonly|read-only/i);
    });

    it('close() waits for writes under way; later ones are refused; a restart finds the rows', async () => {
      const writing = database.write('notes.add', { id: 1, text: 'kept' });
      await database.close();
      expect(await writing).toBe(1);
      await expect(database.write('notes.add', { id: 2, text: 'late' })).rejects.toMatchObject({ code: 'DATABASE_CLOSED' });
      database = await opened.reopen();
      expect(await read(1)).toBe('kept');
    });
  });
}
