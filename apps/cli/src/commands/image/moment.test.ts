import { describe, expect, it } from 'vitest';
import { parseMoment } from './moment.ts';

const NOW = Date.UTC(2026, 10, 20, 12);

describe('parseMoment()', () => {
  it.each<[string, number]>([
    ['10m', NOW - 600_000],
    ['1h30m', NOW - 5_400_000],
    ['1.5h', NOW - 5_400_000],
    ['24h', NOW - 86_400_000],
    ['1767225600', Date.UTC(2026, 0, 1)],
    ['2026-01-31T12:00:00Z', Date.UTC(2026, 0, 31, 12)],
    ['2026-01-31T12:00:00+02:00', Date.UTC(2026, 0, 31, 10)],
    ['2026-01-31Z', Date.UTC(2026, 0, 31)],
    ['2026-01-31', new Date(2026, 0, 31).getTime()],
    ['2026-01-31T12', new Date(2026, 0, 31, 12).getTime()],
    ['2026-01-31T12:30', new Date(2026, 0, 31, 12, 30).getTime()],
    ['2026-01-31T12:30:15', new Date(2026, 0, 31, 12, 30, 15).getTime()],
  ])('reads %s', (text, ms) => {
    expect(parseMoment(text, NOW)).toBe(ms);
  });

  it.each(['', 'yesterday', '10d', '2026-13-01', '2026-01-31T', '-1h'])('refuses %j', (text) => {
    expect(() => parseMoment(text, NOW)).toThrow(`invalid filter 'until=${text}'`);
  });
});
