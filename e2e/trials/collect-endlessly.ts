import { setTimeout as delay } from 'node:timers/promises';
import type { RandomChoice } from './random-choice.ts';
import { ServerGoneError } from './trial-api.ts';
import type { TrialRun } from './trial-run.ts';
import { count } from './trial-world.ts';

export interface CollectEndlesslyOptions {
  readonly random: RandomChoice;
  /** Grace periods, one after the other. */
  readonly graceSeconds: readonly [number, ...number[]];
  /** How long one grace period is kept: long against a push. */
  readonly phaseMs: number;
}

/** Collects garbage without a pause, with one grace period after the other, until the signal aborts or the server is killed. */
export async function collectEndlessly(run: TrialRun, options: CollectEndlesslyOptions, signal: AbortSignal): Promise<void> {
  const { graceSeconds, phaseMs, random } = options;
  const { world } = run;
  const untagged = world.untaggedMs === undefined ? {} : { untaggedOlderThanSeconds: world.untaggedMs / 1000 };
  try {
    for (let phase = random.below(graceSeconds.length); !signal.aborted; phase += 1) {
      const grace = graceSeconds[phase % graceSeconds.length] ?? graceSeconds[0];
      // Before the first collection with it and after the last with another: pushes look at it when they begin and when they end.
      world.graceMs = grace * 1000;
      for (const end = performance.now() + phaseMs; performance.now() < end && !signal.aborted; ) {
        await run.collect({ graceSeconds: grace, dryRun: random.chance(0.05), ...untagged });
        count(world, `garbage collection with ${grace} s of grace`);
        await delay(random.below(20));
      }
    }
  } catch (error) {
    if (!(error instanceof ServerGoneError)) throw error;
  }
}
