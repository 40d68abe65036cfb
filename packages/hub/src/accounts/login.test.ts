import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestHub, type TestHub } from '../testing/open-test-hub.ts';
import { Login } from './login.ts';
import type { PasswordHasher } from './password-hasher.ts';

/** Compares in the clear and counts. */
function createFakeHasher() {
  const counter = { verified: 0 };
  const hasher: PasswordHasher = {
    hash: async (password) => `clear:${password}`,
    async verify(passwordHash, password) {
      counter.verified += 1;
      return passwordHash === `clear:${password}`;
    },
  };
  return { hasher, counter };
}

describe('Login.check()', () => {
  let test: TestHub;
  let login: Login;
  let counter: { verified: number };
  let sequence = 0;
  let name: string;

  beforeAll(async () => {
    test = await openTestHub();
  });
  afterAll(() => test[Symbol.asyncDispose]());

  beforeEach(async () => {
    const fake = createFakeHasher();
    counter = fake.counter;
    login = new Login({ database: test.database, hasher: fake.hasher, clock: test.clock });
    sequence += 1;
    name = `ann${sequence}`;
    await test.database.write('hub.addAccount', { id: name, name, passwordHash: 'clear:right', administrator: false, createdAtMs: 1 });
  });

  const check = (password: string, address = '10.0.0.1', account = name) => login.check({ name: account, password, address });

  async function failUntilThrottled(address: string): Promise<number> {
    for (let count = 1; count <= 50; count += 1) {
      const outcome = await check(`wrong${count}`, address);
      if (outcome.kind === 'throttled') return outcome.retryAfterSeconds;
    }
    return 0;
  }

  it('tells right from wrong', async () => {
    expect(await check('right')).toMatchObject({ kind: 'account', account: { name } });
    expect(await check('wrong')).toEqual({ kind: 'wrong' });
    expect(await check('right', '10.0.0.1', 'nobody')).toEqual({ kind: 'wrong' });
  });

  it('verifies a password once a minute', async () => {
    for (let count = 0; count < 5; count += 1) expect((await check('right')).kind).toBe('account');
    expect(counter.verified).toBe(1);
    test.clock.advance(60_001);
    await check('right');
    expect(counter.verified).toBe(2);
  });

  it('merges equal attempts that come together', async () => {
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => check('right')));
    expect(outcomes.every((outcome) => outcome.kind === 'account')).toBe(true);
    expect(counter.verified).toBe(1);
  });

  it('never answers from memory for another password', async () => {
    await check('right');
    expect(await check('right ')).toEqual({ kind: 'wrong' });
    expect(await check('')).toEqual({ kind: 'wrong' });
  });

  it('forgets what it remembers when the password changes', async () => {
    await check('right');
    await test.database.write('hub.changePassword', { name, passwordHash: 'clear:new' });
    expect(await check('right')).toEqual({ kind: 'wrong' });
    expect((await check('new')).kind).toBe('account');
  });

  it('spends the same on an account that does not exist', async () => {
    await check('right', '10.0.0.1', 'nobody');
    expect(counter.verified).toBe(1);
  });

  it('throttles an address that keeps failing and lets it in after the delay', async () => {
    const retryAfterSeconds = await failUntilThrottled('10.0.0.1');
    expect(retryAfterSeconds).toBeGreaterThanOrEqual(5);
    const { verified } = counter;
    expect((await check('right')).kind).toBe('throttled');
    expect(counter.verified).toBe(verified);
    test.clock.advance(retryAfterSeconds * 1000);
    expect((await check('right')).kind).toBe('account');
  });

  it('lets the right password in at once from another address, while one is throttled', async () => {
    await failUntilThrottled('10.0.0.1');
    const sleptMs = test.clock.sleptMs;
    expect((await check('right', '10.0.0.2')).kind).toBe('account');
    expect(test.clock.sleptMs).toBe(sleptMs);
  });

  it('does not let a throttled address ask what is remembered', async () => {
    expect((await check('right', '10.0.0.2')).kind).toBe('account');
    await failUntilThrottled('10.0.0.1');
    expect((await check('right', '10.0.0.1')).kind).toBe('throttled');
  });

  it('bounds how many guesses of a failing address wait', async () => {
    for (let count = 0; count < 3; count += 1) await check(`wrong${count}`);
    const outcomes = await Promise.all(Array.from({ length: 100 }, (_, index) => check(`guess${index}`)));
    expect(outcomes.filter((outcome) => outcome.kind === 'throttled').length).toBeGreaterThanOrEqual(92);
    expect((await check('right', '10.0.0.2')).kind).toBe('account');
  });
});
