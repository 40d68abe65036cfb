import { randomInt } from 'node:crypto';

export interface TrialSettings {
  /** Repeats a run's choices; the interleaving of requests stays the machine's. */
  readonly seed: string;
  readonly killRounds: number;
  readonly stormSeconds: number;
  readonly stormKillRounds: number;
  readonly pullRounds: number;
  readonly timeoutMs: number;
}

/**
 * `npm test` runs one short round of each trial, `npm run trials` (SLIPWAY_TRIALS=1) the long form. SLIPWAY_SEED, SLIPWAY_KILL_ROUNDS,
 * SLIPWAY_STORM_SECONDS (of each storm), SLIPWAY_STORM_KILL_ROUNDS and SLIPWAY_PULL_ROUNDS override either.
 */
export function readTrialSettings(environment: NodeJS.ProcessEnv = process.env): TrialSettings {
  const isLong = environment['SLIPWAY_TRIALS'] === '1';
  const read = (name: string, short: number, long: number) => Number(environment[name] ?? (isLong ? long : short));
  const isOverridden = Object.keys(environment).some((name) => /^SLIPWAY_(?:KILL_ROUNDS|PULL_ROUNDS|STORM_)/.test(name));
  return {
    seed: environment['SLIPWAY_SEED'] ?? String(randomInt(2 ** 31)),
    killRounds: read('SLIPWAY_KILL_ROUNDS', 2, 100),
    stormSeconds: read('SLIPWAY_STORM_SECONDS', 5, 300),
    stormKillRounds: read('SLIPWAY_STORM_KILL_ROUNDS', 2, 60),
    pullRounds: read('SLIPWAY_PULL_ROUNDS', 2, 60),
    timeoutMs: isLong || isOverridden ? 4 * 3_600_000 : 120_000,
  };
}
