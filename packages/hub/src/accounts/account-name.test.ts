import { describe, expect, it } from 'vitest';
import { isAccountName, parseAccountName } from './account-name.ts';

describe('parseAccountName()', () => {
  it.each(['ann', 'a1', 'a.b', 'a_b', 'a__b', 'a---b', 'x'.repeat(64), 'admin'])('accepts %s', (name) => {
    expect(parseAccountName(name)).toBe(name);
  });

  it.each(['', 'a', 'Ann', 'a b', 'a/b', '-a', 'a-', 'a..b', 'a___b', 'é1', 'x'.repeat(65), 'a\n', 'a:b'])('rejects %j', (name) => {
    expect(() => parseAccountName(name)).toThrowError(expect.objectContaining({ code: 'ACCOUNT_NAME_INVALID' }));
    expect(isAccountName(name)).toBe(false);
  });

  it.each(['library', 'distroless', '_oci', '_catalog', '_docker', '_chainguard'])('gives %s to nobody', (name) => {
    expect(() => parseAccountName(name)).toThrowError(expect.objectContaining({ code: 'ACCOUNT_NAME_RESERVED' }));
    expect(isAccountName(name)).toBe(false);
  });
});
