import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Clock } from '@slipway/base';
import { stateFailure } from './sqlite-failure.ts';
import type { Found, SqlValue, StateDatabase, StateReader, StateTransaction, WriteOptions } from './state-database.ts';
import { waitForTurn } from './wait-for-turn.ts';

/** For what takes a moment in any case: recovery after a crash, a checkpoint. Stops the event loop meanwhile. */
const BUSY_TIMEOUT_MS = 5000;

export class SqliteState implements StateDatabase, StateTransaction {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  all<Row>(sql: string, ...parameters: readonly SqlValue[]): Row[] {
    return attempt('read the state', () => this.#prepare(sql).all(...parameters) as Row[]);
  }

  get<Row>(sql: string, ...parameters: readonly SqlValue[]): Found<Row> {
    return attempt('read the state', () => this.#prepare(sql).get(...parameters) as Found<Row>);
  }

  run(sql: string, ...parameters: readonly SqlValue[]): number {
    return attempt('write the state', () => Number(this.#prepare(sql).run(...parameters).changes));
  }

  read<T>(body: (reader: StateReader) => T): T {
    if (this.#database.isTransaction) return body(this);
    return this.#inside('read the state', () => {
      this.#database.exec('BEGIN');
      return body(this);
    });
  }

  async write<T>(body: (transaction: StateTransaction) => T, options: WriteOptions = {}): Promise<T> {
    const doing = 'write the state';
    return await attemptAsync(doing, async () => {
      // In one turn of the event loop: another write of this process must not begin in between.
      const attemptWrite = () => {
        this.#begin();
        return this.#inside(doing, () => body(this));
      };
      return await waitForTurn(attemptWrite, { clock: this.#clock, doing, signal: options.signal });
    });
  }

  [Symbol.dispose](): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  #begin(): void {
    this.#database.exec('PRAGMA busy_timeout = 0');
    try {
      this.#database.exec('BEGIN IMMEDIATE');
    } finally {
      this.#database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    }
  }

  /** Ends the transaction in which `body` runs, whichever way it goes. */
  #inside<T>(doing: string, body: () => T): T {
    try {
      const result = body();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      // SQLite ends a transaction itself when the disk is full.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw stateFailure(doing, error);
    }
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function attempt<T>(doing: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw stateFailure(doing, error);
  }
}

async function attemptAsync<T>(doing: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    throw stateFailure(doing, error);
  }
}
