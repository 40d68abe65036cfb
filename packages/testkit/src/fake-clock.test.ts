import { expect, test } from 'vitest';
import { FakeClock } from './fake-clock.ts';

test('advance() wakes sleepers in the order of their times', async () => {
  const clock = new FakeClock(1000);
  const seen: string[] = [];
  const sleeper = async (name: string, delayMs: number) => {
    await clock.sleep(delayMs);
    seen.push(`${name}@${clock.now()}`);
  };
  const all = [sleeper('late', 50), sleeper('early', 10), sleeper('early too', 10), sleeper('never', 500)];
  await clock.advance(100);
  expect(seen).toEqual(['early@1010', 'early too@1010', 'late@1050']);
  expect(clock.now()).toBe(1100);
  expect(clock.sleeping).toBe(1);
  await clock.advance(400);
  await Promise.all(all);
});

test('advance() runs sleeps that a woken sleeper starts', async () => {
  const clock = new FakeClock(0);
  let rounds = 0;
  const loop = (async () => {
    while (rounds < 5) {
      await clock.sleep(20);
      rounds += 1;
    }
  })();
  await clock.advance(100);
  await loop;
  expect(rounds).toBe(5);
});

test('sleep() rejects with the reason of its signal and is forgotten', async () => {
  const clock = new FakeClock();
  const controller = new AbortController();
  const sleeping = clock.sleep(10, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(sleeping).rejects.toThrow('enough');
  expect(clock.sleeping).toBe(0);
  await expect(clock.sleep(10, { signal: controller.signal })).rejects.toThrow('enough');
});

test('jump() moves the wall clock but not the monotonic one', () => {
  const clock = new FakeClock(5000);
  clock.jump(-2000);
  expect(clock.now()).toBe(3000);
  expect(clock.monotonicMs()).toBe(0);
});
