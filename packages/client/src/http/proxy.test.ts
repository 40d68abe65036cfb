import { describe, expect, test } from 'vitest';
import { proxyFor } from './proxy.ts';

const env = { HTTP_PROXY: 'plain.example:3128', HTTPS_PROXY: 'http://ann:pw@tls.example:3129' };

function proxyHost(url: string, more: Record<string, string> = {}): string | undefined {
  return proxyFor(new URL(url), { ...env, ...more })?.host;
}

describe('proxyFor()', () => {
  test('chooses by scheme, lower case first', () => {
    expect(proxyHost('http://hub.example')).toBe('plain.example:3128');
    expect(proxyHost('https://hub.example')).toBe('tls.example:3129');
    expect(proxyHost('https://hub.example', { https_proxy: 'other.example' })).toBe('other.example');
    expect(proxyFor(new URL('https://hub.example'), {})).toBeUndefined();
  });

  test('never asks for loopback', () => {
    for (const host of ['localhost', '127.0.0.1', '[::1]', 'a.localhost']) expect(proxyHost(`http://${host}:5000`)).toBeUndefined();
  });

  test.each([
    ['*', 'https://hub.example', true],
    ['hub.example', 'https://hub.example', true],
    ['example', 'https://hub.example', true],
    ['.example', 'https://hub.example', true],
    ['*.example', 'https://hub.example', true],
    ['.hub.example', 'https://hub.example', false],
    ['b.example', 'https://hub.example', false],
    ['hub.example:443', 'https://hub.example', true],
    ['hub.example:80', 'https://hub.example', false],
    ['a.example, hub.example', 'https://hub.example', true],
    ['10.0.0.0/8', 'https://10.2.3.4', true],
    ['10.0.0.0/8', 'https://11.2.3.4', false],
    ['10.2.3.4', 'https://10.2.3.4', true],
    ['fd00::/8', 'https://[fd12::1]', true],
    ['', 'https://hub.example', false],
  ])('with NO_PROXY=%j for %s: left out is %s', (noProxy, url, isExempt) => {
    expect(proxyHost(url, { NO_PROXY: noProxy }) === undefined).toBe(isExempt);
  });

  test('refuses what is no proxy', () => {
    expect(() => proxyFor(new URL('https://hub.example'), { HTTPS_PROXY: 'socks5://x' })).toThrow('Cannot use HTTPS_PROXY "socks5://x"');
  });
});
