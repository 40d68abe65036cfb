import { describe, expect, it } from 'vitest';
import { SpeedMeter } from './speed-meter.ts';

function measure(samples: readonly (readonly [atMs: number, bytes: number])[]): SpeedMeter {
  const meter = new SpeedMeter();
  for (const [atMs, bytes] of samples) meter.note({ atMs, bytes });
  return meter;
}

describe('SpeedMeter', () => {
  it('says nothing before there is enough to tell', () => {
    expect(measure([]).speedAt(1000)).toBeUndefined();
    expect(
      measure([
        [0, 0],
        [400, 1000],
      ]).speedAt(400),
    ).toBeUndefined();
  });

  it('is bytes a second of the last seconds', () => {
    const meter = measure([
      [0, 0],
      [1000, 1000],
      [2000, 2000],
    ]);
    expect(meter.speedAt(2000)).toBe(1000);
    for (let second = 3; second <= 10; second += 1) meter.note({ atMs: second * 1000, bytes: 2000 + (second - 2) * 5000 });
    expect(meter.speedAt(10_000)).toBe(5000);
  });

  it('goes down to nothing when nothing comes', () => {
    const meter = measure([
      [0, 0],
      [1000, 4000],
    ]);
    expect(meter.speedAt(2000)).toBe(2000);
    expect(meter.speedAt(60_000)).toBe(0);
  });

  it('begins anew when bytes go back', () => {
    const meter = measure([
      [0, 0],
      [1000, 9000],
      [1100, 0],
    ]);
    expect(meter.speedAt(1200)).toBeUndefined();
    expect(meter.speedAt(2100)).toBe(0);
  });
});
