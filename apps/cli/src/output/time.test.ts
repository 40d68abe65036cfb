import { describe, expect, it } from 'vitest';
import { formatAge, formatDuration } from './time.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;

describe('formatDuration()', () => {
  it.each([
    [0.2, 'Less than a second'],
    [1, '1 second'],
    [59.9, '59 seconds'],
    [60, 'About a minute'],
    [120, '2 minutes'],
    [3599, '59 minutes'],
    [HOUR, 'About an hour'],
    [1.6 * HOUR, '2 hours'],
    [47 * HOUR, '47 hours'],
    [2 * DAY, '2 days'],
    [14 * DAY, '2 weeks'],
    [60 * DAY, '2 months'],
    [730 * DAY, '2 years'],
  ])('%d s is "%s"', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

describe('formatAge()', () => {
  it('counts from a moment to now', () => {
    expect(formatAge('2026-11-17T12:00:00Z', Date.UTC(2026, 10, 20, 12))).toBe('3 days ago');
  });

  it('knows never, clocks that are ahead, and what is no date', () => {
    expect(formatAge(null, 0)).toBe('never');
    expect(formatAge('2026-11-17T12:00:00Z', 0)).toBe('Less than a second ago');
    expect(formatAge('yesterday', 0)).toBe('yesterday');
  });
});
