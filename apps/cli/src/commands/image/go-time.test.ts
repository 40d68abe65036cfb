import { afterEach, describe, expect, it, vi } from 'vitest';
import { formatGoTime, formatLocalTime } from './go-time.ts';

const NOON = Date.UTC(2026, 0, 31, 12, 5, 9, 700);

afterEach(() => vi.unstubAllEnvs());

describe('formatGoTime()', () => {
  it.each([
    ['UTC', '2026-01-31 12:05:09 +0000 UTC'],
    ['Europe/Berlin', '2026-01-31 13:05:09 +0100 CET'],
    ['Asia/Kolkata', '2026-01-31 17:35:09 +0530 +0530'],
    ['America/Sao_Paulo', '2026-01-31 09:05:09 -0300 -03'],
  ])('prints a moment in %s', (zone, text) => {
    vi.stubEnv('TZ', zone);
    expect(formatGoTime(NOON)).toBe(text);
  });
});

describe('formatLocalTime()', () => {
  it.each([
    ['UTC', '2026-01-31T12:05:09Z'],
    ['Asia/Kolkata', '2026-01-31T17:35:09+05:30'],
  ])('prints a moment in %s', (zone, text) => {
    vi.stubEnv('TZ', zone);
    expect(formatLocalTime(NOON)).toBe(text);
  });
});
