import { describe, expect, test } from 'vitest';
import { formatPlatform, type Platform, parsePlatform } from './platform.ts';
import { matchPlatform, selectByPlatform } from './platform-match.ts';

describe('matchPlatform()', () => {
  test.each([
    ['linux/amd64', 'linux/amd64', true],
    ['linux/amd64', 'linux/amd64/v1', true],
    ['linux/amd64', 'linux/amd64/v2', false],
    ['linux/amd64/v3', 'linux/amd64/v2', true],
    ['linux/amd64', 'linux/386', true],
    ['linux/386', 'linux/amd64', false],
    ['linux/arm64', 'linux/arm64/v8', true],
    ['linux/arm64/v8', 'linux/arm64', true],
    ['linux/arm64', 'linux/arm64/v9', false],
    ['linux/arm64/v9', 'linux/arm64/v8.5', true],
    ['linux/arm64/v9', 'linux/arm64/v8.6', false],
    ['linux/arm64', 'linux/arm/v6', true],
    ['linux/arm', 'linux/arm/v7', true],
    ['linux/arm/v6', 'linux/arm/v7', false],
    ['linux/arm/v6', 'linux/arm/v5', true],
    ['linux/amd64', 'windows/amd64', false],
    ['linux/amd64', 'unknown/unknown', false],
    ['linux/riscv64', 'linux/riscv64', true],
    ['windows(10.0.17763.1)/amd64', 'windows(10.0.17763.999)/amd64', true],
    ['windows(10.0.17763.1)/amd64', 'windows(10.0.20348.1)/amd64', false],
    ['windows(10.0.17763.1)/amd64', 'windows/amd64', true],
  ])('on %s, %s: %s', (wanted, offered, expected) => {
    expect(matchPlatform(parsePlatform(wanted), parsePlatform(offered))).toBe(expected);
  });
});

describe('selectByPlatform()', () => {
  const items: { readonly platform?: Platform }[] = [
    {},
    ...['unknown/unknown', 'linux/arm/v5', 'linux/386', 'linux/arm/v7', 'linux/amd64'].map((text) => ({ platform: parsePlatform(text) })),
  ];
  const select = (wanted: string) => selectByPlatform(parsePlatform(wanted), items)?.platform;

  test.each([
    ['linux/amd64', 'linux/amd64'],
    ['linux/arm64', 'linux/arm/v7'],
    ['linux/arm/v6', 'linux/arm/v5'],
  ])('for %s chooses %s', (wanted, chosen) => {
    const platform = select(wanted);
    expect(platform && formatPlatform(platform)).toBe(chosen);
  });

  test('finds nothing for a platform nobody offers', () => {
    expect(select('linux/s390x')).toBeUndefined();
  });
});
