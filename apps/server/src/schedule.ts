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

  const every = (periodMs: number, what: string, work: () => Promise<void>): void => {
    const run = (): void => {
      work().catch((error: unknown) => {
        if (!signal.aborted) logger.error(`${what} failed`, { error: messageOf(error) });
      });
    };
    const timer = setInterval(run, Math.min(periodMs, MAX_TIMER_MS));
    timer.unref();
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  };
  if (intervalMs > 0) every(intervalMs, 'Garbage collection', collect);
  every(DAY_MS, 'The care for signing keys', careForKeys);
  careForKeys().catch((error: unknown) => logger.error('The care for signing keys failed', { error: messageOf(error) }));
}
