import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, findAccountByName } from '../db/reads.ts';
import { openTestHub, type TestHub } from '../testing/open-test-hub.ts';
import { createRefreshTokens, type RefreshTokens } from './refresh-tokens.ts';

const DAY_MS = 24 * 3600_000;

describe('createRefreshTokens()', () => {
  let test: TestHub;
  let tokens: RefreshTokens;
  beforeAll(async () => {
    test = await openTestHub();
    tokens = createRefreshTokens({ database: test.database, clock: test.clock });
  });
  afterAll(() => test[Symbol.asyncDispose]());

  async function addAccount(name: string): Promise<Account> {
    await test.database.write('hub.addAccount', { id: `id-${name}`, name, passwordHash: '-', administrator: false, createdAtMs: 1 });
    const account = await findAccountByName(test.database.reader, name);
    if (account === undefined) throw new Error(name);
    return account;
  }
  const rowsOf = (account: Account) =>
    test.database.reader.selectFrom('hub_refresh_tokens').selectAll().where('account_id', '=', account.id).execute();

  it('redeem() knows what issue() made, any number of times, and nothing else', async () => {
    const ann = await addAccount('ann');
    const token = await tokens.issue(ann, 'docker');
    expect(await tokens.redeem(token)).toEqual(ann);
    expect(await tokens.redeem(token)).toEqual(ann);
    for (const other of ['', 'slipway_rt_', `${token}x`, token.slice(0, -1)]) expect(await tokens.redeem(other)).toBeUndefined();
  });

  it('redeem() refuses tokens of an earlier generation, of removed and of disabled accounts', async () => {
    const bob = await addAccount('bob');
    const old = await tokens.issue(bob, 'docker');
    await test.database.write('hub.changePassword', { name: 'bob', passwordHash: '-' });
    expect(await tokens.redeem(old)).toBeUndefined();
    // Made by a login that was under way while the password changed.
    expect(await tokens.redeem(await tokens.issue(bob, 'docker'))).toBeUndefined();
    await test.database.write('hub.removeAccount', { name: 'bob' });
    expect(await rowsOf(bob)).toEqual([]);
  });

  it('redeem() notes the last use, to the hour', async () => {
    const carol = await addAccount('carol');
    const token = await tokens.issue(carol, 'docker');
    const lastUsed = async () => (await rowsOf(carol))[0]?.last_used_at;
    const issuedAtMs = test.clock.now();
    test.clock.advance(3600_000);
    await tokens.redeem(token);
    expect(await lastUsed()).toBe(issuedAtMs);
    test.clock.advance(1);
    await tokens.redeem(token);
    expect(await lastUsed()).toBe(test.clock.now());
  });

  it('forgets tokens that nobody used for half a year', async () => {
    const dave = await addAccount('dave');
    const used = await tokens.issue(dave, 'docker');
    const unused = await tokens.issue(dave, 'docker');
    test.clock.advance(100 * DAY_MS);
    expect(await tokens.redeem(used)).toBeDefined();
    test.clock.advance(100 * DAY_MS);
    expect(await tokens.redeem(unused)).toBeUndefined();
    expect(await tokens.redeem(used)).toBeDefined();
    await tokens.issue(dave, 'docker');
    expect(await rowsOf(dave)).toHaveLength(2);
  });

  it('issue() keeps a bounded number for each account, the last used ones', async () => {
    const erin = await addAccount('erin');
    const first = await tokens.issue(erin, 'docker');
    test.clock.advance(1);
    await Promise.all(Array.from({ length: 520 }, () => tokens.issue(erin, 'docker')));
    expect(await rowsOf(erin)).toHaveLength(500);
    expect(await tokens.redeem(first)).toBeUndefined();
  });
});
