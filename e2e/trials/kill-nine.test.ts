import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { finishTrial } from './finish-trial.ts';
import { RandomChoice } from './random-choice.ts';
import { TrialRun } from './trial-run.ts';
import { readTrialSettings } from './trial-settings.ts';

const settings = readTrialSettings();
const ROUNDS_A_PAGE = 5;

test(`what was acknowledged survives kill -9 (${settings.killRounds} rounds, seed ${settings.seed})`, {
  timeout: settings.timeoutMs,
}, async () => {
  const random = new RandomChoice(`${settings.seed} kill-nine`);
  await using run = await TrialRun.open({ random, seed: settings.seed, clients: 6 });
  for (let round = 1; round <= settings.killRounds; round += 1) {
    await run.work(async () => {
      await delay(50 + random.below(1500));
      await run.kill9();
    });
    await run.start();
    // A crash right after a crash, while the first one is being cleaned up.
    if (random.chance(0.15)) {
      await run.kill9();
      await run.start();
    }
    await run.audit('page');
    if (round % ROUNDS_A_PAGE === 0) run.turnPage();
  }
  expect(await finishTrial(run)).toEqual([]);
});
