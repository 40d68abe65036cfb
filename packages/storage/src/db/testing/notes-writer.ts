import { serveSqliteWriter } from '../sqlite/writer.ts';
import { notesMigrations, notesTransactions } from './notes.ts';

await serveSqliteWriter({ transactions: notesTransactions, migrations: notesMigrations });
