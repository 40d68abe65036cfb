import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger } from '@slipway/base';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findAccountByName } from './db/reads.ts';
import { openHub } from './hub.ts';
import { basic, openTestHub, type TestHub } from './testing/open-test-hub.ts';
import { requestToken } from './testing/request-token.ts';
import { createRefreshTokens } from './tokens/refresh-tokens.ts';

const ORIGIN = 'http://localhost:5000';
const PASSWORD = 'correct-horse-battery';

describe('openHub()', () => {
  let test: TestHub;
  beforeAll(async () => {
    test = await openTestHub();
    await test.hub.accounts.add({ name: 'ann', password: PASSWORD });
  });
  afterAll(() => test[Symbol.asyncDispose]());

  it('takes the tokens that were given before a restart', async () => {
    const token = await requestToken(test.hub, { authorization: basic('ann', PASSWORD), origin: ORIGIN, scopes: [] });
    const { database, directory, clock, folder } = test;
    const restarted = await openHub({ database, directory, clock, keyFolder: join(folder, 'keys'), logger: silentLogger });
    const verdict = await restarted.authorizer.authorize(
      { authorization: `Bearer ${token}`, address: '10.0.0.1', origin: ORIGIN },
      { kind: 'ping' },
    );
    expect(verdict).toMatchObject({ kind: 'allowed', caller: { account: 'ann' } });
  });

  it('leaves neither passwords nor tokens in the data folder', async () => {
    const account = await findAccountByName(test.database.reader, 'ann');
    if (account === undefined) throw new Error('ann is not there');
    const refreshToken = await createRefreshTokens({ database: test.database, clock: test.clock }).issue(account, 'docker');
    const token = await requestToken(test.hub, { authorization: basic('ann', PASSWORD), origin: ORIGIN, scopes: [] });
    const files = await readdir(test.folder, { recursive: true, withFileTypes: true });
    const contents = await Promise.all(files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name))));
    expect(contents.length).toBeGreaterThan(1);
    expect(contents.some((bytes) => bytes.includes('hub_accounts'))).toBe(true);
    for (const secret of [PASSWORD, refreshToken, token]) {
      expect(contents.filter((bytes) => bytes.includes(secret))).toEqual([]);
    }
  });
});
