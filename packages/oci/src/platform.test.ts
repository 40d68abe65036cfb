import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatPlatform, normalizePlatform, parsePlatform } from './platform.ts';

describe('parsePlatform()', () => {
  test.each([
    ['linux/amd64', 'linux/amd64'],
    ['Linux/X86_64', 'linux/amd64'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64/v8'],
    ['linux/arm64/8', 'linux/arm64/v8'],
    ['linux/arm64/v9.0', 'linux/arm64/v9'],
    ['linux/arm', 'linux/arm'],
    ['linux/arm/7', 'linux/arm/v7'],
    ['linux/armhf', 'linux/arm'],
    ['linux/armel', 'linux/arm/v6'],
    ['linux/i386', 'linux/386'],
    ['linux/amd64/v1', 'linux/amd64'],
    ['linux/amd64/v3', 'linux/amd64/v3'],
    ['macos/arm64', 'darwin/arm64'],
    ['linux/riscv64', 'linux/riscv64'],
    ['windows(10.0.17763.1)/amd64', 'windows(10.0.17763.1)/amd64'],
    ['unknown/unknown', 'unknown/unknown'],
  ])('reads %s as %s', (text, formatted) => {
    expect(formatPlatform(parsePlatform(text))).toBe(formatted);
  });

  test('takes the other half from the host', () => {
    const host = { os: 'linux', architecture: 'arm64' };
    expect(parsePlatform('linux', host)).toEqual({ os: 'linux', architecture: 'arm64' });
    expect(parsePlatform('amd64', host)).toEqual({ os: 'linux', architecture: 'amd64' });
    expect(parsePlatform('windows(10.0)', host)).toEqual({ os: 'windows', architecture: 'arm64', 'os.version': '10.0' });
  });

  test.each(['', '/', 'linux/', 'linux/amd64/', 'linux/arm/v7/x', 'linux amd64', 'toaster', 'linux/amd 64', 'linux(/amd64'])(
    'refuses %j',
    (text) => {
      expect(() => parsePlatform(text)).toThrow(expect.objectContaining({ code: 'PLATFORM_INVALID', kind: 'invalid' }));
    },
  );

  test('reads back what formatPlatform() writes', () => {
    const part = fc.stringMatching(/^[a-z0-9_.-]{1,8}$/);
    fc.assert(
      fc.property(
        part,
        fc.oneof(part, fc.constantFrom('arm', 'arm64', 'amd64', 'x86_64')),
        fc.option(part, { nil: undefined }),
        (os, arch, variant) => {
          const platform = parsePlatform([os, arch, variant].filter((item) => item !== undefined).join('/'));
          expect(parsePlatform(formatPlatform(platform))).toEqual(platform);
        },
      ),
    );
  });
});

describe('normalizePlatform()', () => {
  test.each([
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/arm', 'linux/arm/v7'],
    ['linux/arm64/v9', 'linux/arm64/v9'],
  ])('makes %s into %s', (text, normal) => {
    expect(formatPlatform(normalizePlatform(parsePlatform(text)))).toBe(normal);
  });

  test('changes nothing the second time and keeps version and features', () => {
    const platform = { os: 'Windows', architecture: 'x86-64', variant: 'V1', 'os.version': '10.0', 'os.features': ['win32k'] };
    const once = normalizePlatform(platform);
    expect(once).toEqual({ os: 'windows', architecture: 'amd64', 'os.version': '10.0', 'os.features': ['win32k'] });
    expect(normalizePlatform(once)).toEqual(once);
  });
});
