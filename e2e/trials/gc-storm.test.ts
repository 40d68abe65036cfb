import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { collectEndlessly } from './collect-endlessly.ts';
import { finishTrial } from './finish-trial.ts';
import { RandomChoice } from './random-choice.ts';
import { TrialRun, type TrialRunOptions } from './trial-run.ts';
import { readTrialSettings } from './trial-settings.ts';

const settings = readTrialSettings();
const ROUND_MS = 20_000;
/** Long against a push, and against the grace periods: some pushes wait until one is nearly over. */
const PHASE_MS = settings.stormSeconds < 15 ? 1700 : 4000;

const storms: readonly (Pick<TrialRunOptions, 'untaggedMs'> & {
  readonly name: string;
  readonly graceSeconds: readonly [number, ...number[]];
})[] = [
  { name: 'nothing that is needed goes while garbage is collected', graceSeconds: [0, 1, 0, 2] },
  { name: 'untagged manifests go, and nothing that is needed', graceSeconds: [0, 1, 0, 2], untaggedMs: 2000 },
];

test.each(storms)(`$name (${settings.stormSeconds} s, seed ${settings.seed})`, { timeout: settings.timeoutMs }, async (storm) => {
  const random = new RandomChoice(`${settings.seed} ${storm.name}`);
  const untagged = storm.untaggedMs === undefined ? {} : { untaggedMs: storm.untaggedMs };
  await using run = await TrialRun.open({ random, seed: settings.seed, clients: 6, graceMs: 0, ...untagged });
  const end = performance.now() + settings.stormSeconds * 1000;
  for (let round = 1; performance.now() < end; round += 1) {
    const workMs = Math.min(ROUND_MS, end - performance.now());
    const collecting = { random: random.fork(`collect ${round}`), graceSeconds: storm.graceSeconds, phaseMs: PHASE_MS };
    await run.work(async (signal) => {
      const stop = new AbortController();
      const done = delay(workMs, undefined, { signal })
        .catch(() => undefined)
        .finally(() => stop.abort());
      await collectEndlessly(run, collecting, AbortSignal.any([signal, stop.signal]));
      await done;
    });
    await run.audit('page');
    if (round % 3 === 0) run.turnPage();
  }
  expect(await finishTrial(run)).toEqual([]);
});
