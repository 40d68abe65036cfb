import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration } from './duration.ts';

describe('parseDuration()', () => {
  it.each([
    ['30s', 30],
    ['15m', 900],
    ['24h', 86_400],
    ['7d', 604_800],
    ['2w', 1_209_600],
    ['1h30m', 5400],
    ['0.5h', 1800],
    ['500ms', 0.5],
    ['0', 0],
  ])('reads %s', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each(['', '30', 's', '-1h', '1 h', '1y', '1h!', 'h1', '1e3s', '1.h'])('rejects %j', (text) => {
    expect(() => parseDuration(text)).toThrowError('expected a duration');
  });

  it('adds up its parts', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), (hours, seconds) => {
        expect(parseDuration(`${hours}h${seconds}s`)).toBe(hours * 3600 + seconds);
      }),
    );
  });
});
