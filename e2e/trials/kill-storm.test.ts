import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { collectEndlessly } from './collect-endlessly.ts';
import { RandomChoice } from './random-choice.ts';
import { remainingFiles } from './remaining-files.ts';
import { TrialRun } from './trial-run.ts';
import { readTrialSettings } from './trial-settings.ts';
import { formatTally } from './trial-world.ts';

const settings = readTrialSettings();
const ROUNDS_A_PAGE = 4;

test(`kill -9 while garbage is collected loses nothing (${settings.stormKillRounds} rounds, seed ${settings.seed})`, {
  timeout: settings.timeoutMs,
}, async () => {
  const random = new RandomChoice(`${settings.seed} kill-storm`);
  await using run = await TrialRun.open({ random, seed: settings.seed, clients: 5, graceMs: 0, untaggedMs: 1000 });
  for (let round = 1; round <= settings.stormKillRounds; round += 1) {
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
  await run.audit('all');
  await run.deleteEverything();
  await run.collect({ graceSeconds: 0 });
  expect(await remainingFiles(join(run.data, 'blobs'))).toEqual([]);
  expect(await remainingFiles(join(run.data, 'quarantine'))).toEqual([]);
  console.log(formatTally(run.world));
});
