import { serveSqliteWriter } from '../sqlite/writer.ts';
import { notesMigrations, notesTransactions } from './notes.ts';

// What a later version of the application would bring.
await serveSqliteWriter({
  transactions: notesTransactions,
  migrations: {
    ...notesMigrations,
    'notes-0002-more': {
      async up(db) {
        await db.schema.createTable('more').addColumn('id', 'integer').execute();
      },
    },
  },
});
