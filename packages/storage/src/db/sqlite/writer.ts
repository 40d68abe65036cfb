import { DatabaseSync } from 'node:sqlite';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Kysely } from 'kysely';
import { storageError } from '../../errors.ts';
import { type Migrations, migrate } from '../migrate.ts';
import { createSqliteKysely } from './dialect.ts';
import { databaseError, packError, type WriteOutcome, type WriteReply, type WriteRequest, type WriterSettings } from './protocol.ts';

/** At most this many waiting transactions share one commit, so that the first of them never waits long. */
const MAX_BATCH = 256;

/** Transactions of several packages, each over its own tables. */
type AnyTransactions = Readonly<Record<string, AnyBody>>;
type AnyBody = (tx: never, input: never) => Promise<unknown>;

export interface SqliteWriterOptions {
  readonly transactions: AnyTransactions;
  readonly migrations: Migrations;
}

/**
 * The body of the thread that owns the writing connection of a SQLite database: an application's worker file calls it once.
 * Transactions that wait while another commit is forced to disk share the next one (group commit); a transaction that throws is undone
 * by its savepoint and does not touch its neighbours. Nothing is answered before the commit that holds it returned.
 */
export async function serveSqliteWriter(options: SqliteWriterOptions): Promise<void> {
  if (parentPort === null) throw new Error('serveSqliteWriter runs in a worker thread only');
  const port = parentPort;
  const settings = workerData as WriterSettings;
  try {
    const database = openForWriting(settings.file);
    const db = createSqliteKysely<never>(database);
    await migrate(db, options.migrations);
    const queue: WriteRequest[] = [];
    let running = false;
    port.on('message', (request: WriteRequest | null) => {
      if (request === null) {
        database.close();
        port.close();
        return;
      }
      queue.push(request);
      if (running) return;
      running = true;
      // After the messages that arrived together with this one.
      setImmediate(() => {
        void drain({ port, database, db, transactions: options.transactions, queue }).finally(() => {
          running = false;
        });
      });
    });
    reply(port, { kind: 'ready' });
  } catch (error) {
    reply(port, { kind: 'failed', error: packError(error) });
    port.close();
  }
}

function openForWriting(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 5000 });
  database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma wal_autocheckpoint = 2000;');
  return database;
}

interface Batch {
  readonly port: MessagePort;
  readonly database: DatabaseSync;
  readonly db: Kysely<never>;
  readonly transactions: AnyTransactions;
  readonly queue: WriteRequest[];
}

async function drain(batch: Batch): Promise<void> {
  while (batch.queue.length > 0) {
    const requests = batch.queue.splice(0, MAX_BATCH);
    const replies = await commitTogether(batch, requests);
    reply(batch.port, { kind: 'done', replies });
  }
}

async function commitTogether(batch: Batch, requests: readonly WriteRequest[]): Promise<WriteOutcome[]> {
  const outcomes: WriteOutcome[] = [];
  try {
    batch.database.exec('begin immediate');
    for (const request of requests) outcomes.push(await runInSavepoint(batch, request));
    batch.database.exec('commit');
    return outcomes;
  } catch (error) {
    // Also after a failed commit (disk full) the transaction may still be open.
    if (batch.database.isTransaction) batch.database.exec('rollback');
    const packed = packError(databaseError(error));
    return requests.map(({ id }) => ({ id, error: packed }));
  }
}

async function runInSavepoint({ database, db, transactions }: Batch, request: WriteRequest): Promise<WriteOutcome> {
  database.exec('savepoint one');
  try {
    const output = await bodyOf(transactions, request.name)(db as never, request.input as never);
    database.exec('release one');
    return { id: request.id, output };
  } catch (error) {
    // A full disk rolls the whole transaction back by itself: then every neighbour has to hear of it.
    if (!database.isTransaction) throw error;
    database.exec('rollback to one; release one');
    return { id: request.id, error: packError(error) };
  }
}

function bodyOf(transactions: AnyTransactions, name: string): AnyBody {
  const body = transactions[name];
  if (body === undefined) throw storageError('DATABASE_FAILED', `Cannot run transaction "${name}": nothing has that name`);
  return body;
}

function reply(port: MessagePort, message: WriteReply): void {
  port.postMessage(message);
}
