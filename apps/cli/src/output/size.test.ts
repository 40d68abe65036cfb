import { describe, expect, it } from 'vitest';
import { formatSize } from './size.ts';

describe('formatSize()', () => {
  it.each([
    [0, '0B'],
    [999, '999B'],
    [1000, '1kB'],
    [1234, '1.23kB'],
    [45_600, '45.6kB'],
    [999_499, '999kB'],
    [999_600, '1MB'],
    [142_400_000, '142MB'],
    [1_234_567_890, '1.23GB'],
    [Number.MAX_SAFE_INTEGER, '9.01PB'],
    [-5, '0B'],
  ])('%i is %s', (size, text) => {
    expect(formatSize(size)).toBe(text);
  });
});
