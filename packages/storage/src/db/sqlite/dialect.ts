import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { registerDirectQueries } from '../prepared.ts';

interface CachedStatement {
  readonly statement: StatementSync;
  readonly returnsRows: boolean;
}

const MAX_STATEMENTS = 500;

/** One `node:sqlite` connection with its compiled statements, as a Kysely connection. Queries answer synchronously. */
class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, CachedStatement>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const { statement, returnsRows } = this.#prepare(query.sql);
    const parameters = query.parameters as SQLInputValue[];
    if (returnsRows) return { rows: statement.all(...parameters) as Row[] };
    const { changes, lastInsertRowid } = statement.run(...parameters);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  /** The rows alone, without a promise. */
  rows(query: CompiledQuery): unknown[] {
    const { statement, returnsRows } = this.#prepare(query.sql);
    const parameters = query.parameters as SQLInputValue[];
    if (returnsRows) return statement.all(...parameters);
    statement.run(...parameters);
    return [];
  }

  async *streamQuery<Row>(query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    const { statement } = this.#prepare(query.sql);
    for (const row of statement.iterate(...(query.parameters as SQLInputValue[]))) yield { rows: [row as Row] };
  }

  #prepare(sql: string): CachedStatement {
    const cached = this.#statements.get(sql);
    if (cached !== undefined) return cached;
    const statement = this.#database.prepare(sql);
    const entry = { statement, returnsRows: statement.columns().length > 0 };
    if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
    this.#statements.set(sql, entry);
    return entry;
  }
}

class SqliteDriver implements Driver {
  readonly #connection: SqliteConnection;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }
  async releaseConnection(): Promise<void> {}
  async beginTransaction(): Promise<void> {
    // A deferred BEGIN that upgrades to a write fails at once, whatever the busy timeout.
    this.#connection.rows(CompiledQuery.raw('begin immediate'));
  }
  async commitTransaction(): Promise<void> {
    this.#connection.rows(CompiledQuery.raw('commit'));
  }
  async rollbackTransaction(): Promise<void> {
    this.#connection.rows(CompiledQuery.raw('rollback'));
  }
  async destroy(): Promise<void> {}
}

/** Queries answer synchronously on one connection, so nothing can come between them and no mutex is needed. */
class UnguardedSqliteAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/**
 * A connection for reads alone. Reads of one turn of the event loop share a read transaction: taking and giving back SQLite's locks costs
 * more than a point read. It never outlives the turn, so checkpoints are not held up.
 */
class SqliteReadConnection extends SqliteConnection {
  readonly #begin: StatementSync;
  readonly #end: StatementSync;
  #isOpen = false;
  #generation = 0;

  constructor(database: DatabaseSync) {
    super(database);
    this.#begin = database.prepare('begin');
    this.#end = database.prepare('commit');
  }

  override rows(query: CompiledQuery): unknown[] {
    this.#share();
    return super.rows(query);
  }

  override async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    this.#share();
    return await super.executeQuery(query);
  }

  get generation(): number {
    return this.#generation;
  }

  /** The next read sees what was committed until now. */
  refresh(): void {
    this.#generation += 1;
    this.#close();
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#end.run();
  }

  #share(): void {
    if (this.#isOpen) return;
    this.#begin.run();
    this.#isOpen = true;
    setImmediate(() => this.#close());
  }
}

/** Kysely over one open `node:sqlite` database, which stays the caller's to close. Integers above 2^53 are refused by the driver. */
export function createSqliteKysely<Schema>(database: DatabaseSync): Kysely<Schema> {
  return toKysely(new SqliteConnection(database));
}

export interface SqliteReader<Schema> {
  readonly db: Kysely<Schema>;
  /** Makes the next read see what was committed until now; else reads of one turn of the event loop see one state. */
  refresh(): void;
}

/** Like `createSqliteKysely`, for a connection that only reads. Call `refresh` when a commit became known, and before closing. */
export function createSqliteReader<Schema>(database: DatabaseSync): SqliteReader<Schema> {
  const connection = new SqliteReadConnection(database);
  return { db: toKysely(connection), refresh: () => connection.refresh() };
}

function toKysely<Schema>(connection: SqliteConnection): Kysely<Schema> {
  const dialect: Dialect = {
    createAdapter: () => new UnguardedSqliteAdapter(),
    createDriver: () => new SqliteDriver(connection),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
  const kysely = new Kysely<Schema>({ dialect });
  registerDirectQueries(kysely, connection);
  return kysely;
}
