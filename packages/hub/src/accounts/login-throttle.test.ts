import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../testing/fake-clock.ts';
import { LoginThrottle } from './login-throttle.ts';

function setUp() {
  const clock = createFakeClock();
  const throttle = new LoginThrottle({ clock });
  const fail = (account: string, address: string, times: number): void => {
    for (let count = 0; count < times; count += 1) throttle.recordFailure(account, throttle.sourceOf(account, address));
  };
  const waitMs = (account: string, address: string): number => throttle.waitMs(throttle.sourceOf(account, address));
  return { clock, throttle, fail, waitMs };
}

describe('LoginThrottle', () => {
  it('waitMs() forgives the first mistakes, then doubles with each failure up to a limit', () => {
    const { fail, waitMs } = setUp();
    fail('ann', '10.0.0.1', 5);
    expect(waitMs('ann', '10.0.0.1')).toBe(0);
    const waits = Array.from({ length: 9 }, () => {
      fail('ann', '10.0.0.1', 1);
      return waitMs('ann', '10.0.0.1');
    });
    expect(waits).toEqual([200, 400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000]);
  });

  it('waitMs() is 0 for an address that did not fail, however many others did', () => {
    const { fail, waitMs } = setUp();
    for (let host = 1; host <= 200; host += 1) fail('ann', `10.0.1.${host}`, 20);
    expect(waitMs('ann', '10.0.0.2')).toBe(0);
  });

  it('waitMs() is longer for the failures of an account that many addresses try', () => {
    const { fail, waitMs } = setUp();
    for (let host = 1; host <= 25; host += 1) fail('ann', `10.0.1.${host}`, 1);
    expect(waitMs('ann', '10.0.1.25')).toBeGreaterThan(0);
    expect(waitMs('ann', '10.0.1.1')).toBe(0);
  });

  it('waitMs() counts all accounts that one address tries', () => {
    const { fail, waitMs } = setUp();
    for (let index = 0; index < 10; index += 1) fail(`user${index}`, '10.0.0.1', 1);
    expect(waitMs('another', '10.0.0.1')).toBeGreaterThan(0);
  });

  it('waitMs() does not make an account wait for its neighbours at an address it logged in from', () => {
    const { throttle, fail, waitMs } = setUp();
    throttle.recordSuccess('ann', '10.0.0.1');
    fail('bob', '10.0.0.1', 20);
    expect(waitMs('ann', '10.0.0.1')).toBe(0);
    expect(waitMs('bob', '10.0.0.1')).toBeGreaterThan(0);
    fail('ann', '10.0.0.1', 20);
    expect(waitMs('ann', '10.0.0.1')).toBeGreaterThan(0);
  });

  it('recordSuccess() does not forgive: logging in as oneself between guesses gains nothing', () => {
    const { throttle, fail, waitMs } = setUp();
    fail('ann', '10.0.0.1', 20);
    const before = waitMs('ann', '10.0.0.1');
    throttle.recordSuccess('mallory', '10.0.0.1');
    expect(waitMs('ann', '10.0.0.1')).toBe(before);
  });

  it('takes the addresses of one IPv6 network for one', () => {
    const { fail, waitMs } = setUp();
    for (let host = 1; host <= 20; host += 1) fail('ann', `2001:db8:1:2::${host}`, 1);
    expect(waitMs('ann', '2001:db8:1:2::ffff')).toBeGreaterThan(0);
    expect(waitMs('ann', '2001:db8:1:3::1')).toBe(0);
  });

  it('forgets with time', () => {
    const { clock, throttle, fail, waitMs } = setUp();
    fail('ann', '10.0.0.1', 20);
    expect(throttle.isSuspect('10.0.0.1')).toBe(true);
    clock.advance(20 * 30_000);
    expect(throttle.isSuspect('10.0.0.1')).toBe(false);
    fail('ann', '10.0.0.1', 1);
    expect(waitMs('ann', '10.0.0.1')).toBe(0);
  });
});
