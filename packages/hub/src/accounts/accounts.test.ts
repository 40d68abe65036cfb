import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestHub, type TestHub } from '../testing/open-test-hub.ts';

describe('createAccounts()', () => {
  let test: TestHub;
  beforeAll(async () => {
    test = await openTestHub();
  });
  afterAll(() => test[Symbol.asyncDispose]());

  it('ensureAdministrator() makes the account once and tells the password it made up', async () => {
    const { accounts } = test.hub;
    const outcomes = await Promise.all([accounts.ensureAdministrator(), accounts.ensureAdministrator()]);
    expect(outcomes.filter((outcome) => outcome.created)).toHaveLength(1);
    expect(outcomes.find((outcome) => outcome.created)?.password).toMatch(/^[\w-]{20}$/);
    expect(await accounts.ensureAdministrator({ password: 'another one' })).toEqual({ created: false });
    expect(await accounts.find('admin')).toMatchObject({ administrator: true, disabled: false });
  });

  it('add() stores no password and list() shows accounts by name', async () => {
    const { accounts } = test.hub;
    await accounts.add({ name: 'zoe', password: 'zoe-secret-1' });
    await accounts.add({ name: 'ann', password: 'ann-secret-1', administrator: true });
    const names = (await accounts.list()).map((account) => account.name);
    expect(names).toEqual([...names].sort());
    expect(await accounts.find('ann')).toMatchObject({ administrator: true });
    const rows = await test.database.reader.selectFrom('hub_accounts').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain('secret');
  });

  it('add() refuses a taken name, a bad name and a weak password', async () => {
    const { accounts } = test.hub;
    await accounts.add({ name: 'bob', password: 'bob-secret-1' });
    await expect(accounts.add({ name: 'bob', password: 'bob-secret-2' })).rejects.toMatchObject({
      code: 'ACCOUNT_EXISTS',
      kind: 'already-exists',
    });
    await expect(accounts.add({ name: 'library', password: 'bob-secret-2' })).rejects.toMatchObject({ code: 'ACCOUNT_NAME_RESERVED' });
    await expect(accounts.add({ name: 'carl', password: 'short' })).rejects.toMatchObject({ code: 'PASSWORD_INVALID' });
    expect(await accounts.find('carl')).toBeUndefined();
  });

  it('changePassword() and remove() refuse unknown accounts, and remove() the administrator', async () => {
    const { accounts } = test.hub;
    await expect(accounts.changePassword('nobody', 'long enough')).rejects.toMatchObject({ code: 'ACCOUNT_UNKNOWN' });
    await expect(accounts.remove('nobody')).rejects.toMatchObject({ code: 'ACCOUNT_UNKNOWN' });
    await expect(accounts.remove('admin')).rejects.toMatchObject({ code: 'ACCOUNT_PROTECTED' });
  });

  it('add() after remove() makes another account, with another id', async () => {
    const { accounts } = test.hub;
    const idOf = async () =>
      (await test.database.reader.selectFrom('hub_accounts').select('id').where('name', '=', 'dora').executeTakeFirst())?.id;
    await accounts.add({ name: 'dora', password: 'dora-secret-1' });
    const first = await idOf();
    await accounts.remove('dora');
    expect(await idOf()).toBeUndefined();
    await accounts.add({ name: 'dora', password: 'dora-secret-1' });
    expect(await idOf()).not.toBe(first);
  });
});
