import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '@slipway/base/node';
import { FakeClock } from '@slipway/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openState } from './open-state.ts';

const NOTES = ['CREATE TABLE note (text TEXT NOT NULL) STRICT'];

let folder = '';
let file = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-state-'));
  file = join(folder, 'engine.db');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function openNotes() {
  return await openState(file, { clock: systemClock, migrations: NOTES });
}

describe('openState()', () => {
  test('makes the schema once, however many open the file at the same moment', async () => {
    const states = await Promise.all(Array.from({ length: 8 }, openNotes));
    for (const state of states) await state.write((tx) => tx.run('INSERT INTO note (text) VALUES (?)', 'here'));
    expect(states[0]?.get('SELECT COUNT(*) AS count FROM note')).toEqual({ count: 8 });
    for (const state of states) state[Symbol.dispose]();
  });

  test('goes on from the version that the file has', async () => {
    (await openNotes())[Symbol.dispose]();
    using state = await openState(file, { clock: systemClock, migrations: [...NOTES, "INSERT INTO note VALUES ('second')"] });
    expect(state.all('SELECT text FROM note')).toEqual([{ text: 'second' }]);
  });

  test('refuses what a later version wrote', async () => {
    (await openState(file, { clock: systemClock, migrations: [...NOTES, 'SELECT 1'] }))[Symbol.dispose]();
    await expect(openNotes()).rejects.toMatchObject({ code: 'STATE_NEWER' });
  });

  test('leaves no trace of a step that fails', async () => {
    await expect(openState(file, { clock: systemClock, migrations: [`${NOTES[0]}; SELECT nothing FROM nowhere`] })).rejects.toMatchObject({
      code: 'STATE_FAILED',
    });
    using state = await openNotes();
    expect(state.all('SELECT * FROM note')).toEqual([]);
  });

  test('says what is wrong with a file that is no database', async () => {
    writeFileSync(file, 'this is a text, and long enough not to be taken for an empty file '.repeat(100));
    await expect(openNotes()).rejects.toMatchObject({ code: 'STATE_FAILED' });
  });

  test('makes the schema of the engine durable and with foreign keys', async () => {
    using state = await openState(file, { clock: systemClock });
    expect(state.get('PRAGMA synchronous')).toEqual({ synchronous: 2 });
    expect(state.get('PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' });
    expect(state.get('PRAGMA foreign_keys')).toEqual({ foreign_keys: 1 });
  });
});

describe('StateDatabase.write()', () => {
  test('takes everything back when the body throws', async () => {
    using state = await openNotes();
    const failing = state.write((tx) => {
      tx.run('INSERT INTO note (text) VALUES (?)', 'lost');
      throw new RangeError('on purpose');
    });
    await expect(failing).rejects.toBeInstanceOf(RangeError);
    expect(state.all('SELECT * FROM note')).toEqual([]);
    await state.write((tx) => tx.run('INSERT INTO note (text) VALUES (?)', 'kept'));
    expect(state.all('SELECT * FROM note')).toEqual([{ text: 'kept' }]);
  });

  test('waits for another process, and gives up after 30 seconds', async () => {
    (await openNotes())[Symbol.dispose]();
    const clock = new FakeClock();
    using state = await openState(file, { clock, migrations: NOTES });
    using other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const waiting = state.write((tx) => tx.run('INSERT INTO note (text) VALUES (?)', 'in turn'));
    await clock.advance(20_000);
    other.exec('COMMIT');
    await clock.advance(100);
    expect(await waiting).toBe(1);
    other.exec('BEGIN IMMEDIATE');
    const giving = state.write((tx) => tx.run('DELETE FROM note')).catch((error: unknown) => error);
    await clock.advance(31_000);
    expect(await giving).toMatchObject({ code: 'STATE_BUSY' });
    other.exec('COMMIT');
  });

  test('stops waiting when it is told to', async () => {
    using state = await openNotes();
    using other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const controller = new AbortController();
    const waiting = state.write((tx) => tx.run('DELETE FROM note'), { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });
});

describe('StateDatabase.read()', () => {
  test('sees one moment, whatever is written meanwhile', async () => {
    using state = await openNotes();
    using other = new DatabaseSync(file);
    const counts = state.read((reader) => {
      const before = reader.all('SELECT * FROM note').length;
      other.exec("INSERT INTO note VALUES ('meanwhile')");
      return [before, reader.all('SELECT * FROM note').length];
    });
    expect(counts).toEqual([0, 0]);
    expect(state.all('SELECT * FROM note')).toHaveLength(1);
  });
});
