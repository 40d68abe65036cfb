import type { FaultAction, FaultPlan } from './fault.ts';

export interface RandomFaults {
  readonly seed: number;
  /** The part of the requests that is hit: 0 to 1. */
  readonly share: number;
}

/** Any fault to any request, the same for equal seeds and equal orders of requests. */
export function randomFaults({ seed, share }: RandomFaults): FaultPlan {
  const random = randomNumbers(seed);
  return () => (random() < share ? anyFault(random) : undefined);
}

function anyFault(random: () => number): FaultAction {
  const at = Math.floor(random() ** 3 * 2_000_000);
  const choices: readonly FaultAction[] = [
    { kind: 'cut-answer', afterBytes: random() < 0.3 ? -1 : at },
    { kind: 'cut-request', afterBytes: at },
    { kind: 'stall', afterBytes: at, forMs: 200 },
    { kind: 'refuse', status: 429, retryAfterSeconds: 0 },
    { kind: 'refuse', status: random() < 0.5 ? 500 : 503 },
    { kind: 'truncate', toBytes: at },
    { kind: 'corrupt', atByte: at },
  ];
  return choices[Math.floor(random() * choices.length)] as FaultAction;
}

/** mulberry32: numbers from 0 to 1. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
