import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { collectEndlessly } from './collect-endlessly.ts';
import { finishTrial } from './finish-trial.ts';
import { RandomChoice } from './random-choice.ts';
import { TrialRun } from './trial-run.ts';
import { readTrialSettings } from './trial-settings.ts';

const settings = readTrialSettings();
const ROUNDS_A_PAGE = 4;

const rounds = Math.ceil(settings.stormKillRounds / 2);

const storms = [
  { name: 'kill -9 while garbage is collected loses nothing', untagged: {} },
  { name: 'kill -9 while untagged manifests are collected loses nothing', untagged: { untaggedMs: 1000 } },
];

test.each(storms)(`$name (${rounds} rounds, seed ${settings.seed})`, { timeout: settings.timeoutMs }, async ({ name, untagged }) => {
  const random = new RandomChoice(`${settings.seed} ${name}`);
  await using run = await TrialRun.open({ random, seed: settings.seed, clients: 5, graceMs: 0, ...untagged });
  for (let round = 1; round <= rounds; round += 1) {
    const collecting = { random: random.fork(`collect ${round}`), graceSeconds: [0, 0, 1] as const, phaseMs: 500 };
    await run.work(async (signal) => {
      const collected = collectEndlessly(run, collecting, signal);
      await delay(100 + random.below(1500));
      await run.kill9();
      await collected;
    });
    await run.start();
    await run.audit('page');
    if (round % ROUNDS_A_PAGE === 0) run.turnPage();
  }
  expect(await finishTrial(run)).toEqual([]);
});
