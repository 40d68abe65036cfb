import { type Logger, messageOf } from '@slipway/base';
import type { KeyRing } from '@slipway/hub';
import type { GcReport, Registry } from '@slipway/registry';
import type { ServerConfig } from './config/config.ts';

const DAY_MS = 86_400_000;
const KEY_LIFE_MS = 90 * DAY_MS;

/** Timers longer than this overflow. */
const MAX_TIMER_MS = 2_147_483_647;

export interface ScheduleOptions {
  readonly config: ServerConfig;
  readonly registry: Registry;
  readonly keys: KeyRing;
  readonly logger: Logger;
  readonly onCollected: (report: GcReport) => void;
}

/** What the server does by itself: garbage collection, and care for the signing keys. Ends when the signal aborts. */
export function startSchedule(options: ScheduleOptions, signal: AbortSignal): void {
  const { config, keys, logger, onCollected, registry } = options;
  const { graceMs, intervalMs, untaggedAfterMs } = config.gc;

  async function collect(): Promise<void> {
    const report = await registry.collectGarbage(
      {
        graceSeconds: graceMs / 1000,
        dryRun: false,
        ...(untaggedAfterMs === undefined ? {} : { untaggedOlderThanSeconds: untaggedAfterMs / 1000 }),
      },
      { signal },
    );
    onCollected(report);
    logger.info('Garbage was collected', { ...report });
  }

  async function careForKeys(): Promise<void> {
    const { rotated } = await keys.maintain({ maxAgeMs: KEY_LIFE_MS });
    if (rotated) logger.info('Tokens are signed with a new key');
  }

  /** The next run is `periodMs` after the end of the one before: runs never overlap. */
  const every = (periodMs: number, what: string, work: () => Promise<void>): void => {
    const run = async (): Promise<void> => {
      try {
        await work();
      } catch (error) {
        if (!signal.aborted) logger.error(`${what} failed`, { error: messageOf(error) });
      }
      wait(periodMs);
    };
    const wait = (leftMs: number): void => {
      if (signal.aborted) return;
      const step = Math.min(leftMs, MAX_TIMER_MS);
      timer = setTimeout(() => (leftMs > step ? wait(leftMs - step) : void run()), step);
      timer.unref();
    };
    let timer: NodeJS.Timeout | undefined;
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
    wait(periodMs);
  };
  if (intervalMs > 0) every(intervalMs, 'Garbage collection', collect);
  every(DAY_MS, 'The care for signing keys', careForKeys);
  careForKeys().catch((error: unknown) => logger.error('The care for signing keys failed', { error: messageOf(error) }));
}
