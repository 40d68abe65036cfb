import type { LogFields } from '@slipway/base';
import type { GcOptions, GcReport, Registry } from '@slipway/registry';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { loadConfig } from './config/config.ts';
import { startSchedule } from './schedule.ts';

const REPORT: GcReport = {
  dryRun: false,
  graceSeconds: 1,
  startedAt: '2026-01-01T00:00:00.000Z',
  durationMs: 5,
  manifests: 1,
  memberships: 2,
  blobs: 3,
  bytes: 4,
  orphans: 0,
  uploads: 0,
};
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Setup {
  readonly flags?: Readonly<Record<string, string>>;
  readonly collect?: () => Promise<GcReport>;
  readonly maintain?: () => Promise<{ rotated: boolean }>;
}

async function start({ flags = {}, collect = async () => REPORT, maintain = async () => ({ rotated: false }) }: Setup = {}) {
  const collections: GcOptions[] = [];
  const reports: GcReport[] = [];
  const logged: { level: string; message: string; fields: LogFields | undefined }[] = [];
  const keyCare: { maxAgeMs: number }[] = [];
  const log = (level: string) => (message: string, fields?: LogFields) => void logged.push({ level, message, fields });
  const stopping = new AbortController();
  startSchedule(
    {
      config: await loadConfig({ flags, environment: {}, checkout: '/' }),
      registry: {
        collectGarbage: (options: GcOptions) => {
          collections.push(options);
          return collect();
        },
      } as unknown as Registry,
      keys: {
        current: () => {
          throw new Error('not asked for here');
        },
        find: () => undefined,
        rotate: async () => ({ kid: '' }),
        maintain: (options) => {
          keyCare.push(options);
          return maintain();
        },
      },
      logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
      onCollected: (report) => void reports.push(report),
    },
    stopping.signal,
  );
  return { collections, reports, logged, keyCare, stopping };
}

test('startSchedule() collects garbage each interval, as configured, and tells of it', async () => {
  const { collections, reports, logged } = await start({ flags: { 'gc-interval': '1h', 'gc-grace': '2h', 'gc-untagged-after': '3d' } });
  await vi.advanceTimersByTimeAsync(HOUR_MS - 1);
  expect(collections).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(collections).toEqual([{ graceSeconds: 7200, dryRun: false, untaggedOlderThanSeconds: 259_200 }]);
  expect(reports).toEqual([REPORT]);
  expect(logged).toContainEqual({ level: 'info', message: 'Garbage was collected', fields: REPORT });
  await vi.advanceTimersByTimeAsync(2 * HOUR_MS);
  expect(collections).toHaveLength(3);
});

test('startSchedule() keeps untagged manifests unless told otherwise', async () => {
  const { collections } = await start();
  await vi.advanceTimersByTimeAsync(DAY_MS);
  expect(collections).toEqual([{ graceSeconds: 86_400, dryRun: false }]);
});

test('startSchedule() collects nothing at an interval of 0', async () => {
  const { collections } = await start({ flags: { 'gc-interval': '0' } });
  await vi.advanceTimersByTimeAsync(30 * DAY_MS);
  expect(collections).toEqual([]);
});

test('startSchedule() waits for intervals longer than a timer can', async () => {
  const { collections } = await start({ flags: { 'gc-interval': '60d' } });
  await vi.advanceTimersByTimeAsync(60 * DAY_MS - 1);
  expect(collections).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(collections).toHaveLength(1);
});

test('startSchedule() does not begin while the run before goes on', async () => {
  const first = Promise.withResolvers<GcReport>();
  const { collections } = await start({ flags: { 'gc-interval': '1h' }, collect: () => first.promise });
  await vi.advanceTimersByTimeAsync(5 * HOUR_MS);
  expect(collections).toHaveLength(1);
  first.resolve(REPORT);
  await vi.advanceTimersByTimeAsync(HOUR_MS);
  expect(collections).toHaveLength(2);
});

test('startSchedule() outlives failures and logs them', async () => {
  const { collections, logged, reports } = await start({
    flags: { 'gc-interval': '1h' },
    collect: () => Promise.reject(new Error('disk')),
  });
  await vi.advanceTimersByTimeAsync(2 * HOUR_MS);
  expect(collections).toHaveLength(2);
  expect(reports).toEqual([]);
  const failure = { level: 'error', message: 'Garbage collection failed', fields: { error: 'disk' } };
  expect(logged).toEqual([failure, failure]);
});

test('startSchedule() cares for the keys at once and daily', async () => {
  const { keyCare, logged } = await start({ maintain: async () => ({ rotated: true }) });
  await vi.advanceTimersByTimeAsync(0);
  expect(keyCare).toEqual([{ maxAgeMs: 90 * DAY_MS }]);
  expect(logged).toContainEqual({ level: 'info', message: 'Tokens are signed with a new key', fields: undefined });
  await vi.advanceTimersByTimeAsync(2 * DAY_MS);
  expect(keyCare).toHaveLength(3);
});

test('startSchedule() ends with its signal, and is silent about what that cut', async () => {
  const running = Promise.withResolvers<GcReport>();
  const { collections, logged, stopping } = await start({ flags: { 'gc-interval': '1h' }, collect: () => running.promise });
  await vi.advanceTimersByTimeAsync(HOUR_MS);
  stopping.abort();
  running.reject(new Error('aborted'));
  await vi.advanceTimersByTimeAsync(30 * DAY_MS);
  expect(collections).toHaveLength(1);
  expect(logged).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
