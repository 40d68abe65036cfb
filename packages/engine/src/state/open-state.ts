import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '@slipway/base';
import { engineError } from '../errors.ts';
import { MIGRATIONS } from './migrations.ts';
import { stateFailure } from './sqlite-failure.ts';
import { SqliteState } from './sqlite-state.ts';
import type { StateDatabase } from './state-database.ts';
import { waitForTurn } from './wait-for-turn.ts';

export interface OpenStateOptions {
  readonly clock: Clock;
  /** Steps that make the schema; the engine's own when absent. */
  readonly migrations?: readonly string[];
}

/**
 * Opens the state, makes it when it is not there and brings it up to date; any number of processes may do so at the same moment.
 * Errors: STATE_NEWER (precondition), STATE_BUSY, STATE_FAILED.
 */
export async function openState(file: string, options: OpenStateOptions): Promise<StateDatabase> {
  const { clock, migrations = MIGRATIONS } = options;
  const doing = `open ${JSON.stringify(file)}`;
  let database: DatabaseSync | undefined;
  try {
    const opened = new DatabaseSync(file, { timeout: 0 });
    database = opened;
    const version = await waitForTurn(() => versionOf(opened), { clock, doing });
    if (version > migrations.length) throw newer(file, version);
    // The journal mode stays with the file: a command that only reads asks for the version and is done.
    if (version < migrations.length) {
      await waitForTurn(() => opened.exec('PRAGMA journal_mode = WAL'), { clock, doing });
      const reached = await waitForTurn(() => migrate(opened, migrations), { clock, doing });
      if (reached > migrations.length) throw newer(file, reached);
    }
    opened.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000');
    return new SqliteState(opened, clock);
  } catch (error) {
    if (database?.isOpen) database.close();
    throw stateFailure(doing, error);
  }
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
}

/** Another process may have been quicker: the version counts that is found inside the transaction. Returns the one reached. */
function migrate(database: DatabaseSync, migrations: readonly string[]): number {
  database.exec('BEGIN IMMEDIATE');
  try {
    const version = versionOf(database);
    for (const step of migrations.slice(version)) database.exec(step);
    const reached = Math.max(version, migrations.length);
    database.exec(`PRAGMA user_version = ${reached}`);
    database.exec('COMMIT');
    return reached;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function newer(file: string, version: number): Error {
  return engineError('STATE_NEWER', `Cannot open ${JSON.stringify(file)}: a later version of Slipway used it (its state is ${version})`);
}
