import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../clock.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(delayMs, options) {
    try {
      await delay(delayMs, undefined, options?.signal === undefined ? { ref: false } : { signal: options.signal, ref: false });
    } catch (error) {
      throw options?.signal?.reason ?? error;
    }
  },
};
