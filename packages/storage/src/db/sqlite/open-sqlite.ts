import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { messageOf } from '@slipway/base';
import { storageError } from '../../errors.ts';
import type { Database, Transactions } from '../database.ts';
import { createSqliteReader, type SqliteReader } from './dialect.ts';
import { unpackError, type WriteReply, type WriteRequest, type WriterSettings } from './protocol.ts';

export interface OpenSqliteOptions {
  /** The database file; made when missing. Its folder must exist. */
  readonly file: string;
  /** The application's worker file, which calls `serveSqliteWriter` with every transaction and migration. */
  readonly writer: URL;
}

interface Waiting {
  resolve: (output: unknown) => void;
  reject: (error: unknown) => void;
}

/**
 * Opens a SQLite database in WAL mode with `synchronous=FULL`: one worker thread owns the writing connection, this thread reads on another.
 * Migrates before it resolves. Throws DATABASE_NEWER, DATABASE_FAILED.
 */
export async function openSqlite<Schema, Writes extends Transactions<Schema>>(
  options: OpenSqliteOptions,
): Promise<Database<Schema, Writes>> {
  const settings: WriterSettings = { file: options.file };
  const worker = new Worker(options.writer, { workerData: settings, name: 'database-writer' });
  const readers: SqliteReader<Schema>[] = [];
  const writer = createWriterClient(worker, () => {
    for (const reader of readers) reader.refresh();
  });
  await writer.ready;
  const connection = new DatabaseSync(options.file, { readOnly: true, timeout: 5000 });
  connection.exec('pragma query_only = on; pragma mmap_size = 268435456; pragma cache_size = -32768');
  const reader = createSqliteReader<Schema>(connection);
  readers.push(reader);
  return {
    reader: reader.db,
    write: (name, input) => writer.send(name, input) as never,
    async close() {
      await writer.close();
      reader.refresh();
      connection.close();
    },
  };
}

/** `onCommit` runs before the writes of a commit are answered. */
function createWriterClient(worker: Worker, onCommit: () => void) {
  const waiting = new Map<number, Waiting>();
  const started = Promise.withResolvers<void>();
  const exited = Promise.withResolvers<void>();
  let lastId = 0;
  let closed = false;

  const failAll = (error: unknown): void => {
    closed = true;
    started.reject(error);
    for (const entry of waiting.values()) entry.reject(error);
    waiting.clear();
    exited.resolve();
  };
  worker.on('message', (message: WriteReply) => {
    if (message.kind === 'ready') started.resolve();
    else if (message.kind === 'failed') failAll(unpackError(message.error));
    else {
      onCommit();
      settle(waiting, message.replies);
    }
  });
  worker.on('error', (error) =>
    failAll(storageError('DATABASE_FAILED', `The database's writing thread failed: ${messageOf(error)}`, { cause: error })),
  );
  worker.on('exit', () => failAll(closedError()));

  return {
    ready: started.promise,
    send(name: string, input: unknown): Promise<unknown> {
      if (closed) return Promise.reject(closedError());
      lastId += 1;
      const request: WriteRequest = { id: lastId, name, input };
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      waiting.set(request.id, { resolve, reject });
      worker.postMessage(request);
      return promise;
    },
    async close(): Promise<void> {
      if (!closed) {
        await Promise.allSettled([...waiting.values()].map((entry) => settled(entry)));
        closed = true;
        worker.postMessage(null);
      }
      await exited.promise;
    },
  };
}

/** Resolves when the waiting write has its answer, whatever that is. */
function settled(entry: Waiting): Promise<void> {
  return new Promise((done) => {
    const { resolve, reject } = entry;
    entry.resolve = (output) => {
      resolve(output);
      done();
    };
    entry.reject = (error) => {
      reject(error);
      done();
    };
  });
}

function settle(waiting: Map<number, Waiting>, replies: Extract<WriteReply, { kind: 'done' }>['replies']): void {
  for (const reply of replies) {
    const entry = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ('error' in reply) entry?.reject(unpackError(reply.error));
    else entry?.resolve(reply.output);
  }
}

function closedError() {
  return storageError('DATABASE_CLOSED', 'Cannot use the database: it is closed');
}
