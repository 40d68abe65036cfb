import { AppError, HTTP_STATUS } from '@slipway/base';
import { describe, expect, it } from 'vitest';
import { cliError } from './errors.ts';
import { exitCodeOf } from './exit-code.ts';

describe('exitCodeOf()', () => {
  it('tells a bad flag, a failure and interruption apart, as docker does', () => {
    expect(exitCodeOf(cliError('FLAG_INVALID', 'x'))).toBe(125);
    expect(exitCodeOf(cliError('USAGE', 'x'))).toBe(1);
    expect(exitCodeOf(cliError('SERVER_UNREACHABLE', 'x'))).toBe(1);
    expect(exitCodeOf(cliError('INTERRUPTED', 'x'))).toBe(130);
    expect(exitCodeOf(new TypeError('x'))).toBe(1);
  });

  it('is never 0', () => {
    for (const kind of Object.keys(HTTP_STATUS) as (keyof typeof HTTP_STATUS)[]) {
      expect(exitCodeOf(new AppError({ kind, code: 'X', message: 'x' }))).toBeGreaterThan(0);
    }
  });
});
