import { closeSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mknodat } from './calls.ts';

it('mknodat() makes no device of another number than was asked for', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-calls-'));
  const fd = openSync(folder, 'r');
  try {
    for (const device of [
      { major: 2 ** 32, minor: 0 },
      { major: 2 ** 52, minor: 0 },
      { major: 0, minor: 2 ** 32 },
    ]) {
      expect(() => mknodat(fd, 'device', { mode: 0o020_644, ...device })).toThrow('EINVAL');
    }
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  }
});
